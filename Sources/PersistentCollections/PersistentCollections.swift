// Placeholder until the first type of PersistentCollections lands.
