#ifndef ORRERY_PAIRS_H
#define ORRERY_PAIRS_H
#include <stdbool.h>
#include <stdint.h>

/* Forgets every pair; after start_color, and whenever the table is full. A new screen may stand
 * at the address of an old one, so this must be called on each open. */
void orrery_pairs_reset(bool is_direct);
int orrery_pairs_colors(void);
/* The pair for two colours of cells; -1 when the table is full. */
int orrery_pairs_find(uint32_t foreground, uint32_t background);
#endif
