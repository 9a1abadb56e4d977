// Placeholder until the first type of MVCC lands.
