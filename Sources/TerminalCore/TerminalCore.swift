// Placeholder until the first type of TerminalCore lands.
