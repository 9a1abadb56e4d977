#ifndef ORRERY_INPUT_H
#define ORRERY_INPUT_H
#include <stdbool.h>

void orrery_input_open(int input, int output);
void orrery_input_close(void);
/* The handler for a changed window size. */
void orrery_input_signals(bool on);
/* Looks for a changed size at the next event. */
void orrery_input_check_size(void);
#endif
