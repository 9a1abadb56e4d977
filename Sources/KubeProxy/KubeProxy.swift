// Placeholder until the first type of KubeProxy lands.
