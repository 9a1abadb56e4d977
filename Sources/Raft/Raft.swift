// Placeholder until the first type of Raft lands.
