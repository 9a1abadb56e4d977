// Placeholder until the first type of KubeAPI lands.
