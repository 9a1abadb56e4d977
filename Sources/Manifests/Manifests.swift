// Placeholder until the first type of Manifests lands.
