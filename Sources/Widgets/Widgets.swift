// Placeholder until the first type of Widgets lands.
