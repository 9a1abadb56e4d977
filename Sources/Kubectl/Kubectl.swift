// Placeholder until the first type of Kubectl lands.
