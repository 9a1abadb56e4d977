// Placeholder until the first type of KubeScheduler lands.
