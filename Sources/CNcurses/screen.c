/* The screen: opening, drawing, closing. */
#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "input.h"
#include "internal.h"
#include "last_line.h"
#include "pairs.h"

static SCREEN *screen;
static FILE *in_stream, *out_stream;
static int out_descriptor = -1;
static bool is_direct;
static bool wants_mouse;
static bool can_own_modes; /* the terminal takes private modes it may not know */
static struct termios settings;

bool orrery_locale_utf8(void) {
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return true;
  return setlocale(LC_CTYPE, "C.UTF-8") != NULL || setlocale(LC_CTYPE, "C.utf8") != NULL;
}

int orrery_width(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

bool orrery_term_is_open(void) { return screen != NULL; }

static void write_text(const char *text) {
  orrery_write_all(out_descriptor, text, strlen(text));
}

static void own_modes(bool on) {
  if (can_own_modes) write_text(on ? "\033[?2004h\033[?1004h" : "\033[?1004l\033[?2004l");
}

void orrery_term_mouse(bool on) {
  if (screen == NULL) return;
  mousemask(on ? ALL_MOUSE_EVENTS | REPORT_MOUSE_POSITION : 0, NULL);
  wants_mouse = on;
}

static void close_streams(void) {
  if (out_stream != NULL) fclose(out_stream);
  if (in_stream != NULL) fclose(in_stream);
  in_stream = out_stream = NULL;
}

/* Sets a variable for the time of newterm only, and gives the old value back. */
static SCREEN *new_screen(const char *type, const char *entry) {
  char *old = getenv("TERMINFO") != NULL ? strdup(getenv("TERMINFO")) : NULL;
  if (entry != NULL) setenv("TERMINFO", entry, 1);
  SCREEN *made = newterm(type, out_stream, in_stream);
  if (entry != NULL) {
    if (old != NULL) setenv("TERMINFO", old, 1);
    else unsetenv("TERMINFO");
  }
  free(old);
  return made;
}

static orrery_open_status open_screen(const orrery_open_options *options) {
  /* Set by some shells, they would freeze the size. */
  unsetenv("LINES");
  unsetenv("COLUMNS");
  is_direct = false;
  if (options->embedded && options->colors > 256) {
    screen = new_screen("orrery-direct", orrery_terminfo_direct);
    is_direct = screen != NULL;
  } else if (options->embedded) {
    screen = new_screen("orrery-256", orrery_terminfo_256);
  }
  if (screen == NULL) screen = new_screen(options->type, NULL);
  if (screen == NULL) return ORRERY_OPEN_UNKNOWN;
  if (tigetstr("cup") == NULL || tigetstr("cup") == (char *)-1) {
    endwin();
    delscreen(screen);
    screen = NULL;
    return ORRERY_OPEN_NOT_A_SCREEN;
  }
  return ORRERY_OPEN_OK;
}

static void set_modes(void) {
  raw();
  noecho();
  nonl();
  intrflush(stdscr, FALSE);
  keypad(stdscr, TRUE);
  meta(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  leaveok(stdscr, TRUE);
  /* Without it doupdate stops half way when a key is waiting. */
  typeahead(-1);
  /* The default of 1000 ms makes a lone Esc wait that long. */
  set_escdelay(25);
  curs_set(0);
}

orrery_open_status orrery_term_open(const orrery_open_options *options) {
  if (screen != NULL) return ORRERY_OPEN_BUSY;
  orrery_locale_utf8();
  in_stream = fdopen(dup(options->input), "r");
  out_stream = fdopen(dup(options->output), "w");
  if (in_stream == NULL || out_stream == NULL ||
      tcgetattr(fileno(out_stream), &settings) != 0) {
    close_streams();
    return ORRERY_OPEN_UNKNOWN;
  }
  out_descriptor = fileno(out_stream);
  /* Ours first: ncurses sets its own handlers only where none is. */
  orrery_input_signals(true);
  orrery_open_status status = open_screen(options);
  if (status != ORRERY_OPEN_OK) {
    orrery_input_signals(false);
    close_streams();
    return status;
  }
  orrery_crash_arm(out_descriptor, &settings, options->crash_handlers);
  set_modes();
  if (options->colors >= 8 && has_colors()) {
    start_color();
    use_default_colors();
  }
  orrery_pairs_reset(is_direct);
  can_own_modes = options->embedded;
  orrery_input_open(fileno(in_stream), fileno(out_stream));
  mouseinterval(0);
  orrery_term_mouse(options->mouse);
  own_modes(true);
  return ORRERY_OPEN_OK;
}

/* Ends ncurses' screen. */
static void end_screen(void) {
  endwin();
  orrery_clear_last_line(out_stream);
}

void orrery_term_close(void) {
  if (screen == NULL) return;
  own_modes(false);
  /* Else mode 1006 stays on: ncurses forgets it when nothing was read. */
  orrery_term_mouse(false);
  curs_set(1);
  orrery_input_close();
  end_screen();
  delscreen(screen);
  screen = NULL;
  tcsetattr(out_descriptor, TCSANOW, &settings);
  orrery_input_signals(false);
  orrery_crash_disarm();
  close_streams();
}

void orrery_screen_return(void) {
  bool mouse = wants_mouse;
  reset_prog_mode();
  orrery_term_invalidate();
  /* Off first: the other one may have turned off what ncurses believes to be on. */
  orrery_term_mouse(false);
  orrery_term_mouse(mouse);
  own_modes(true);
  orrery_input_check_size();
}

void orrery_screen_stop(bool whole_job) {
  bool mouse = wants_mouse;
  own_modes(false);
  orrery_term_mouse(false);
  wants_mouse = mouse;
  curs_set(1);
  end_screen();
  struct sigaction ask, old;
  memset(&ask, 0, sizeof ask);
  ask.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &ask, &old);
  if (whole_job) kill(0, SIGTSTP);
  else raise(SIGTSTP);
  /* Here again after SIGCONT. */
  sigaction(SIGTSTP, &old, NULL);
  orrery_screen_return();
}

void orrery_term_suspend(void) {
  if (screen != NULL) orrery_screen_stop(true);
}

void orrery_term_size(int *columns, int *rows) {
  *columns = screen != NULL ? COLS : 0;
  *rows = screen != NULL ? LINES : 0;
}

int orrery_term_colors(void) { return orrery_pairs_colors(); }

void orrery_term_invalidate(void) {
  if (screen != NULL) clearok(curscr, TRUE);
}

static attr_t convert_attributes(uint16_t bits) {
  attr_t result = 0;
  if (bits & ORRERY_BOLD) result |= WA_BOLD;
  if (bits & ORRERY_DIM) result |= WA_DIM;
  if (bits & ORRERY_ITALIC) result |= WA_ITALIC;
  if (bits & ORRERY_UNDERLINE) result |= WA_UNDERLINE;
  if (bits & ORRERY_REVERSE) result |= WA_REVERSE;
  if (bits & ORRERY_BLINK) result |= WA_BLINK;
  return result;
}

bool orrery_term_put_row(int y, const orrery_cell *cells, int count) {
  enum { MAX_COLUMNS = 2048 };
  static cchar_t row[MAX_COLUMNS];
  if (screen == NULL || y < 0 || y >= LINES) return true;
  if (count > COLS) count = COLS;
  if (count > MAX_COLUMNS) count = MAX_COLUMNS;
  int length = 0;
  uint32_t ink = 0, ground = 0;
  int pair = 0;
  for (int x = 0; x < count; x++) {
    const orrery_cell *cell = &cells[x];
    if (cell->width == 0) continue;
    if (cell->foreground != ink || cell->background != ground) {
      ink = cell->foreground;
      ground = cell->background;
      pair = orrery_pairs_find(ink, ground);
      if (pair < 0) {
        reset_color_pairs();
        orrery_pairs_reset(is_direct);
        clearok(curscr, TRUE);
        return false;
      }
    }
    wchar_t text[3] = {(wchar_t)cell->scalar, (wchar_t)cell->mark, 0};
    int repeat = 1;
    if (cell->scalar >= 0x7F && wcwidth((wchar_t)cell->scalar) != cell->width) {
      /* This libc knows another width: keep the grid, lose the character. */
      text[0] = L'?';
      text[1] = 0;
      repeat = cell->width;
    }
    attr_t attributes = convert_attributes(cell->attributes);
    for (int i = 0; i < repeat && length < MAX_COLUMNS; i++)
      setcchar(&row[length++], text, attributes, 0, &pair);
  }
  mvwadd_wchnstr(stdscr, y, 0, row, length);
  return true;
}

void orrery_term_flush(int cursor_x, int cursor_y) {
  if (screen == NULL) return;
  if (can_own_modes) write_text("\033[?2026h");
  bool visible = cursor_x >= 0 && cursor_x < COLS && cursor_y >= 0 && cursor_y < LINES;
  leaveok(stdscr, !visible);
  if (visible) wmove(stdscr, cursor_y, cursor_x);
  curs_set(visible ? 1 : 0);
  wnoutrefresh(stdscr);
  doupdate();
  if (can_own_modes) write_text("\033[?2026l");
}

void orrery_term_write(const char *bytes, size_t count) {
  if (screen != NULL) orrery_write_all(out_descriptor, bytes, count);
}
