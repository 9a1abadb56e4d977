/* last_line.c: leaves a terminal that has one screen only. */
#ifndef ORRERY_LAST_LINE_H
#define ORRERY_LAST_LINE_H

#include <stdio.h>

/* After endwin. Without an alternate screen the picture stays, and what comes next starts in its
   last line, which is cleared for that. */
void orrery_clear_last_line(FILE *out);

#endif
