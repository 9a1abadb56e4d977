// Placeholder until the first type of Kubelet lands.
