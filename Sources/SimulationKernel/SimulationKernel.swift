// Placeholder until the first type of SimulationKernel lands.
