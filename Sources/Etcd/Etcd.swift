// Placeholder until the first type of Etcd lands.
