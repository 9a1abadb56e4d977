/* The only door to ncurses: a small C interface that Swift can import whole.
 *
 * ncurses' own header is included in the .c files alone: its mutable globals do not import into
 * Swift 6, its macros do not import at all, and its short names (box, move, filter) would become
 * global functions everywhere. One screen at a time, one thread, except orrery_term_wake. */
#ifndef CNCURSES_H
#define CNCURSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A cell as TerminalCore's `Cell` lays it out. Colours: 0 default, 0x0100_00NN palette slot,
 * 0x02RR_GGBB. `width` 0 is the right half of a wide character. */
typedef struct {
  uint32_t scalar;
  uint32_t mark;
  uint32_t foreground;
  uint32_t background;
  uint16_t attributes;
  uint8_t width;
  uint8_t reserved;
} orrery_cell;

enum { /* bits of orrery_cell.attributes */
  ORRERY_BOLD = 1, ORRERY_DIM = 2, ORRERY_ITALIC = 4, ORRERY_UNDERLINE = 8,
  ORRERY_REVERSE = 16, ORRERY_BLINK = 32
};

typedef enum {
  ORRERY_EVENT_NONE = 0, /* time is up, or woken */
  ORRERY_EVENT_CHARACTER,
  ORRERY_EVENT_KEY,
  ORRERY_EVENT_MOUSE,
  ORRERY_EVENT_PASTE, /* text: orrery_term_paste */
  ORRERY_EVENT_RESIZE,
  ORRERY_EVENT_FOCUS,
  ORRERY_EVENT_HANGUP /* the terminal is gone, or a signal asks the process to end */
} orrery_event_kind;

enum { /* orrery_event.code of a key; function key n is ORRERY_KEY_FUNCTION + n */
  ORRERY_KEY_UP = 1, ORRERY_KEY_DOWN, ORRERY_KEY_RIGHT, ORRERY_KEY_LEFT,
  ORRERY_KEY_HOME, ORRERY_KEY_END, ORRERY_KEY_INSERT, ORRERY_KEY_DELETE,
  ORRERY_KEY_PAGE_UP, ORRERY_KEY_PAGE_DOWN, ORRERY_KEY_ENTER, ORRERY_KEY_TAB,
  ORRERY_KEY_ESCAPE, ORRERY_KEY_BACKSPACE, ORRERY_KEY_FUNCTION = 32
};

enum { ORRERY_SHIFT = 1, ORRERY_ALT = 2, ORRERY_CTRL = 4 };

enum { /* orrery_event.code of the mouse */
  ORRERY_MOUSE_PRESS = 1, ORRERY_MOUSE_RELEASE, ORRERY_MOUSE_DRAG,
  ORRERY_MOUSE_WHEEL_UP, ORRERY_MOUSE_WHEEL_DOWN
};

typedef struct {
  orrery_event_kind kind;
  uint32_t scalar; /* character */
  int32_t code;    /* key, what the mouse did, or focus gained (1) or lost (0) */
  int32_t modifiers;
  int32_t x, y;   /* mouse position, or new size */
  int32_t button; /* 1 left, 2 middle, 3 right, 0 none */
} orrery_event;

typedef enum {
  ORRERY_OPEN_OK = 0,
  ORRERY_OPEN_BUSY,        /* already open */
  ORRERY_OPEN_UNKNOWN,     /* the terminal type is not known, or the stream cannot be opened */
  ORRERY_OPEN_NOT_A_SCREEN /* the terminal cannot place its cursor, as TERM=dumb */
} orrery_open_status;

typedef struct {
  int input, output;    /* file descriptors of the terminal; duplicated */
  const char *type;     /* TERM */
  int colors;           /* 1 mono, 8, 16, 256, or 1 << 24 */
  bool embedded;        /* use the built-in entry: the terminal is one of xterm's family */
  bool mouse;
  bool crash_handlers;  /* also takes stderr into a file while the screen is up */
} orrery_open_options;

/* Chooses a UTF-8 locale for character output; false when there is none. */
bool orrery_locale_utf8(void);
/* Columns of a character as this libc, and so ncurses, has them; -1 when it cannot be shown. */
int orrery_width(uint32_t scalar);

orrery_open_status orrery_term_open(const orrery_open_options *options);
/* Gives the terminal back as it was; does nothing when not open. */
void orrery_term_close(void);
bool orrery_term_is_open(void);
/* Stops the process (ctrl-z) with the terminal given back; returns once it is continued. */
void orrery_term_suspend(void);

void orrery_term_size(int *columns, int *rows);
/* Colours that the opened terminal really has: 0 for none. */
int orrery_term_colors(void);
/* Draws cells from column 0 of row y into ncurses' picture. Returns false when the table of
 * colour pairs had to be emptied: then every row has to be put again. */
bool orrery_term_put_row(int y, const orrery_cell *cells, int count);
/* Shows the picture, and places the visible cursor (x < 0 hides it). */
void orrery_term_flush(int cursor_x, int cursor_y);
/* Forgets what the terminal shows: the next flush draws everything. */
void orrery_term_invalidate(void);
/* Writes bytes as they are (clipboard, title); only between flushes. */
void orrery_term_write(const char *bytes, size_t count);
void orrery_term_mouse(bool on);

/* Waits up to timeout_ms (-1: for ever) for the next event. */
void orrery_term_next_event(int timeout_ms, orrery_event *event);
/* The text of the last paste, UTF-8, until the next event. */
const char *orrery_term_paste(size_t *count);
/* Ends a wait from any thread or signal handler. */
void orrery_term_wake(void);

/* Without a screen: signals that ask the process to end are noted. A second one ends it. */
void orrery_end_listen(void);
/* The signal that asked the process to end, or 0. */
int orrery_crash_asked(void);
/* Said on stderr, beside the signal, when a bug ends the process. */
void orrery_crash_note(const char *text);
/* Ends the process by the signal that asked for its end, if one did; after closing. */
void orrery_crash_obey(void);
/* Ends the process by a signal as if nobody had handled it; nothing where it is 0. */
void orrery_end_by(int number);

bool orrery_is_tty(int descriptor);

/* Pseudo terminals, for tests: false when the system gives none. */
bool orrery_pty_open(int columns, int rows, int *master, int *slave);
bool orrery_pty_resize(int master, int columns, int rows);
/* Reads what is there within timeout_ms; 0 when nothing came, -1 when the other end is gone. */
long orrery_pty_read(int master, char *bytes, size_t count, int timeout_ms);
long orrery_pty_write(int master, const char *bytes, size_t count);
/* Runs argv[0] on a new pseudo terminal; returns its process id, or -1. */
int orrery_pty_spawn(int columns, int rows, const char *const argv[], int *master);
/* The process group in the foreground of a pseudo terminal, or -1. */
int orrery_pty_foreground(int master);
/* Waits for a child: its exit status, or 128 + the signal that ended it. */
int orrery_pty_wait(int pid);
void orrery_close(int descriptor);

#endif
