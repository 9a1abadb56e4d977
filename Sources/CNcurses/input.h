#ifndef ORRERY_INPUT_H
#define ORRERY_INPUT_H
#include <stdbool.h>

void orrery_input_open(int input, int output);
void orrery_input_close(void);
/* The handlers for a changed window size, for being stopped and continued. */
void orrery_input_signals(bool on);
/* Looks for a changed size at the next event; whoever calls has come back from being stopped. */
void orrery_input_check_size(void);
/* screen.c: stops this process, or all of its job, with the terminal given back. */
void orrery_screen_stop(bool whole_job);
/* Takes the terminal again after something else had it. */
void orrery_screen_return(void);
#endif
