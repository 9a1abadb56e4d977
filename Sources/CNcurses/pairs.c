/* Colour pairs: our own table over init_extended_pair.
 *
 * alloc_pair searches a tree on every call and gives up for good when its pairs are spent; this
 * is one hash look-up a run of cells, and it can start anew. */
#include "internal.h"
#include "pairs.h"

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

enum { SLOTS = 1 << 17, MAX_PAIRS = 65000 };

static struct {
  uint64_t key; /* 0: free */
  int pair;
} table[SLOTS];
static int used;
static int limit;
static bool direct;
static int colors;

void orrery_pairs_reset(bool is_direct) {
  for (int i = 0; i < SLOTS; i++) table[i].key = 0;
  used = 0;
  direct = is_direct;
  colors = has_colors() ? COLORS : 0;
  limit = COLOR_PAIRS < MAX_PAIRS ? COLOR_PAIRS : MAX_PAIRS;
}

int orrery_pairs_colors(void) { return colors; }

/* Our colour as the terminfo entry in use counts it; -1 is the terminal's own. */
static int convert(uint32_t color) {
  int value = (int)(color & 0xFFFFFF);
  switch (color >> 24) {
  case 1:
    if (direct) return 0x1000000 + value;
    if (value < colors) return value;
    return value < 16 && value - 8 < colors ? value - 8 : -1;
  case 2: return direct ? value : -1;
  default: return -1;
  }
}

int orrery_pairs_find(uint32_t foreground, uint32_t background) {
  if (colors < 8 || (foreground == 0 && background == 0)) return 0;
  int ink = convert(foreground), ground = convert(background);
  if (ink < 0 && ground < 0) return 0;
  uint64_t key = ((uint64_t)(uint32_t)(ink + 1) << 32 | (uint32_t)(ground + 1)) + 1;
  uint64_t at = key * 0x9E3779B97F4A7C15ull >> 47;
  while (table[at].key != 0) {
    if (table[at].key == key) return table[at].pair;
    at = (at + 1) & (SLOTS - 1);
  }
  if (used + 1 >= limit) return -1;
  if (init_extended_pair(used + 1, ink, ground) == ERR) return 0;
  used += 1;
  table[at].key = key;
  table[at].pair = used;
  return used;
}
