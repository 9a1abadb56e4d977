// Placeholder until the first type of Engine lands.
