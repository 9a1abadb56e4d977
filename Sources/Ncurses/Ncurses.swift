// Placeholder until the first type of Ncurses lands.
