/* What the .c files share. */
#ifndef ORRERY_INTERNAL_H
#define ORRERY_INTERNAL_H

#include "CNcurses.h"

extern const char orrery_terminfo_direct[];
extern const char orrery_terminfo_256[];

/* crash.c: gives the terminal back when the process dies. Call with the settings to restore. */
struct termios;
void orrery_crash_arm(int output, const struct termios *settings, bool handlers);
void orrery_crash_disarm(void);
/* Own modes, which ncurses does not know: paste, focus, and everything off. */
void orrery_write_all(int descriptor, const char *bytes, size_t count);

#endif
