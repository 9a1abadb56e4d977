/* Apart from the others: term.h makes macros of common words. */
#include "last_line.h"

#include <curses.h>
#include <term.h>

static FILE *stream;

static int put(int character) { return fputc(character, stream); }

static const char *capability(const char *name) {
  const char *text = tigetstr(name);
  return text == (const char *)-1 ? NULL : text;
}

void orrery_clear_last_line(FILE *out) {
  const char *clear = capability("el");
  if (capability("rmcup") != NULL || clear == NULL) return;
  stream = out;
  tputs(clear, 1, put);
  fflush(out);
}
