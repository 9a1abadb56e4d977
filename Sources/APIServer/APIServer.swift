// Placeholder until the first type of APIServer lands.
