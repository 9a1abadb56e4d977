// Placeholder until the first type of Scenarios lands.
