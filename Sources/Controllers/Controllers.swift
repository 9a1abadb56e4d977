// Placeholder until the first type of Controllers lands.
