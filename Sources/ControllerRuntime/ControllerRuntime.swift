// Placeholder until the first type of ControllerRuntime lands.
