/* Input: waiting, and turning ncurses' codes into events. */
#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include <errno.h>
#include <fcntl.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "input.h"
#include "internal.h"

/* Codes of our own for define_key: above everything that ncurses gives out itself. */
enum {
  CODE_BASE = 8192, /* + key * 8 + modifiers */
  CODE_PASTE_START = CODE_BASE + 1024,
  CODE_PASTE_END,
  CODE_FOCUS_IN,
  CODE_FOCUS_OUT,
  PASTE_LIMIT = 1 << 20,
  PASTE_TIMEOUT_MS = 500,
};

static int in_descriptor = -1, out_descriptor = -1;
static int wake_read = -1, wake_write = -1;
static volatile sig_atomic_t size_changed;
static volatile sig_atomic_t stop_asked, was_continued;
static struct sigaction old_winch, old_stop, old_continue;
static bool pasting;
static char *paste;
static size_t paste_count, paste_room;
static int held; /* mouse button that is down */
static wint_t pushed;
static bool has_pushed;
static WINDOW *keys; /* a pad: reading from any other window draws first, and a stale picture */

void orrery_term_wake(void) {
  int saved = errno;
  if (wake_write >= 0) {
    ssize_t ignored = write(wake_write, "", 1);
    (void)ignored;
  }
  errno = saved;
}

static void on_winch(int number) {
  (void)number;
  size_changed = 1;
  orrery_term_wake();
}

static void on_stop(int number) {
  (void)number;
  stop_asked = 1;
  orrery_term_wake();
}

static void on_continue(int number) {
  (void)number;
  was_continued = 1;
  orrery_term_wake();
}

void orrery_input_check_size(void) {
  size_changed = 1;
  was_continued = 0;
}

static void listen(int number, void (*handler)(int), struct sigaction *old) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(number, NULL, old);
  /* A shell without job control has it ignored: then there is nothing to come back from. */
  if (old->sa_handler != SIG_IGN) sigaction(number, &action, NULL);
}

void orrery_input_signals(bool on) {
  if (!on) {
    sigaction(SIGWINCH, &old_winch, NULL);
    sigaction(SIGTSTP, &old_stop, NULL);
    sigaction(SIGCONT, &old_continue, NULL);
    return;
  }
  listen(SIGWINCH, on_winch, &old_winch);
  listen(SIGTSTP, on_stop, &old_stop);
  listen(SIGCONT, on_continue, &old_continue);
}

/* The pipe lives as long as the process: a thread may wake while the screen closes. */
static void open_pipe(void) {
  if (wake_read >= 0) return;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  wake_read = ends[0];
  wake_write = ends[1];
}

static void define(const char *sequence, int key, int modifiers) {
  define_key(sequence, CODE_BASE + key * 8 + modifiers);
}

/* Sequences of xterm, rxvt, tmux and the Linux console, with and without modifiers. */
static void define_keys(void) {
  static const struct { char letter; int key; } letters[] = {
    {'A', ORRERY_KEY_UP}, {'B', ORRERY_KEY_DOWN}, {'C', ORRERY_KEY_RIGHT},
    {'D', ORRERY_KEY_LEFT}, {'H', ORRERY_KEY_HOME}, {'F', ORRERY_KEY_END},
    {'P', ORRERY_KEY_FUNCTION + 1}, {'Q', ORRERY_KEY_FUNCTION + 2},
    {'R', ORRERY_KEY_FUNCTION + 3}, {'S', ORRERY_KEY_FUNCTION + 4},
  };
  static const struct { int number; int key; } numbers[] = {
    {1, ORRERY_KEY_HOME}, {2, ORRERY_KEY_INSERT}, {3, ORRERY_KEY_DELETE}, {4, ORRERY_KEY_END},
    {5, ORRERY_KEY_PAGE_UP}, {6, ORRERY_KEY_PAGE_DOWN}, {7, ORRERY_KEY_HOME},
    {8, ORRERY_KEY_END}, {11, ORRERY_KEY_FUNCTION + 1}, {12, ORRERY_KEY_FUNCTION + 2},
    {13, ORRERY_KEY_FUNCTION + 3}, {14, ORRERY_KEY_FUNCTION + 4},
    {15, ORRERY_KEY_FUNCTION + 5}, {17, ORRERY_KEY_FUNCTION + 6},
    {18, ORRERY_KEY_FUNCTION + 7}, {19, ORRERY_KEY_FUNCTION + 8},
    {20, ORRERY_KEY_FUNCTION + 9}, {21, ORRERY_KEY_FUNCTION + 10},
    {23, ORRERY_KEY_FUNCTION + 11}, {24, ORRERY_KEY_FUNCTION + 12},
  };
  char text[24];
  for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
    snprintf(text, sizeof text, "\033O%c", letters[i].letter);
    define(text, letters[i].key, 0);
    if (letters[i].letter <= 'H') { /* CSI P to S mean something else */
      snprintf(text, sizeof text, "\033[%c", letters[i].letter);
      define(text, letters[i].key, 0);
    }
    for (int m = 1; m < 8; m++) {
      snprintf(text, sizeof text, "\033[1;%d%c", m + 1, letters[i].letter);
      define(text, letters[i].key, m);
    }
  }
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    snprintf(text, sizeof text, "\033[%d~", numbers[i].number);
    define(text, numbers[i].key, 0);
    for (int m = 1; m < 8; m++) {
      snprintf(text, sizeof text, "\033[%d;%d~", numbers[i].number, m + 1);
      define(text, numbers[i].key, m);
    }
  }
  define("\033[Z", ORRERY_KEY_TAB, ORRERY_SHIFT);
  define_key("\033[200~", CODE_PASTE_START);
  define_key("\033[201~", CODE_PASTE_END);
  define_key("\033[I", CODE_FOCUS_IN);
  define_key("\033[O", CODE_FOCUS_OUT);
}

void orrery_input_open(int input, int output) {
  in_descriptor = input;
  out_descriptor = output;
  open_pipe();
  size_changed = 0;
  pasting = false;
  has_pushed = false;
  held = 0;
  keys = newpad(1, 1);
  if (keys != NULL) {
    keypad(keys, TRUE);
    meta(keys, TRUE);
    nodelay(keys, TRUE);
  }
  define_keys();
}

void orrery_input_close(void) {
  in_descriptor = out_descriptor = -1;
  if (keys != NULL) delwin(keys);
  keys = NULL;
  free(paste);
  paste = NULL;
  paste_count = paste_room = 0;
}

const char *orrery_term_paste(size_t *count) {
  *count = paste_count;
  return paste != NULL ? paste : "";
}

static void paste_byte(unsigned byte) {
  if (paste_count >= PASTE_LIMIT) return;
  if (paste_count == paste_room) {
    size_t room = paste_room == 0 ? 4096 : paste_room * 2;
    char *grown = realloc(paste, room);
    if (grown == NULL) return;
    paste = grown;
    paste_room = room;
  }
  paste[paste_count++] = (char)byte;
}

static void paste_scalar(uint32_t c) {
  if (c == '\r') c = '\n';
  if (c < 0x80) {
    paste_byte(c);
  } else if (c < 0x800) {
    paste_byte(0xC0 | c >> 6);
    paste_byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    paste_byte(0xE0 | c >> 12);
    paste_byte(0x80 | (c >> 6 & 0x3F));
    paste_byte(0x80 | (c & 0x3F));
  } else {
    paste_byte(0xF0 | c >> 18);
    paste_byte(0x80 | (c >> 12 & 0x3F));
    paste_byte(0x80 | (c >> 6 & 0x3F));
    paste_byte(0x80 | (c & 0x3F));
  }
}

static bool set_key(orrery_event *event, int key, int modifiers) {
  event->kind = ORRERY_EVENT_KEY;
  event->code = key;
  event->modifiers |= modifiers;
  return true;
}

static bool decode_mouse(orrery_event *event) {
  MEVENT mouse;
  if (getmouse(&mouse) == ERR) return false;
  event->kind = ORRERY_EVENT_MOUSE;
  event->x = mouse.x;
  event->y = mouse.y;
  if (mouse.bstate & BUTTON_SHIFT) event->modifiers |= ORRERY_SHIFT;
  if (mouse.bstate & BUTTON_ALT) event->modifiers |= ORRERY_ALT;
  if (mouse.bstate & BUTTON_CTRL) event->modifiers |= ORRERY_CTRL;
  static const struct { mmask_t pressed, released, clicked; } buttons[] = {
    {BUTTON1_PRESSED, BUTTON1_RELEASED,
     BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON1_TRIPLE_CLICKED},
    {BUTTON2_PRESSED, BUTTON2_RELEASED,
     BUTTON2_CLICKED | BUTTON2_DOUBLE_CLICKED | BUTTON2_TRIPLE_CLICKED},
    {BUTTON3_PRESSED, BUTTON3_RELEASED,
     BUTTON3_CLICKED | BUTTON3_DOUBLE_CLICKED | BUTTON3_TRIPLE_CLICKED},
  };
  if (mouse.bstate & BUTTON4_PRESSED) {
    event->code = ORRERY_MOUSE_WHEEL_UP;
    return true;
  }
  if (mouse.bstate & BUTTON5_PRESSED) {
    event->code = ORRERY_MOUSE_WHEEL_DOWN;
    return true;
  }
  for (int i = 0; i < 3; i++) {
    /* A press and a release that came in one read are merged into a click. */
    if (mouse.bstate & buttons[i].clicked) {
      event->code = ORRERY_MOUSE_PRESS;
      event->button = i + 1;
      held = 0;
      return true;
    }
    if (mouse.bstate & buttons[i].released) {
      event->code = ORRERY_MOUSE_RELEASE;
      event->button = i + 1;
      held = 0;
      return true;
    }
    if (mouse.bstate & buttons[i].pressed) {
      /* A motion whose press ncurses did not see arrives as a press. */
      event->code = held == i + 1 ? ORRERY_MOUSE_DRAG : ORRERY_MOUSE_PRESS;
      event->button = held = i + 1;
      return true;
    }
  }
  if (mouse.bstate & REPORT_MOUSE_POSITION && held != 0) {
    event->code = ORRERY_MOUSE_DRAG;
    event->button = held;
    return true;
  }
  return false;
}

static bool decode_code(wint_t code, orrery_event *event) {
  if (code >= CODE_BASE && code < CODE_PASTE_START) {
    int own = (int)code - CODE_BASE;
    return set_key(event, own / 8, own % 8);
  }
  switch (code) {
  case CODE_PASTE_START:
    pasting = true;
    paste_count = 0;
    return false;
  case CODE_FOCUS_IN:
  case CODE_FOCUS_OUT:
    event->kind = ORRERY_EVENT_FOCUS;
    event->code = code == CODE_FOCUS_IN;
    return true;
  case KEY_MOUSE: return decode_mouse(event);
  case KEY_UP: return set_key(event, ORRERY_KEY_UP, 0);
  case KEY_DOWN: return set_key(event, ORRERY_KEY_DOWN, 0);
  case KEY_LEFT: return set_key(event, ORRERY_KEY_LEFT, 0);
  case KEY_RIGHT: return set_key(event, ORRERY_KEY_RIGHT, 0);
  case KEY_SR: return set_key(event, ORRERY_KEY_UP, ORRERY_SHIFT);
  case KEY_SF: return set_key(event, ORRERY_KEY_DOWN, ORRERY_SHIFT);
  case KEY_SLEFT: return set_key(event, ORRERY_KEY_LEFT, ORRERY_SHIFT);
  case KEY_SRIGHT: return set_key(event, ORRERY_KEY_RIGHT, ORRERY_SHIFT);
  case KEY_HOME: return set_key(event, ORRERY_KEY_HOME, 0);
  case KEY_END: return set_key(event, ORRERY_KEY_END, 0);
  case KEY_IC: return set_key(event, ORRERY_KEY_INSERT, 0);
  case KEY_DC: return set_key(event, ORRERY_KEY_DELETE, 0);
  case KEY_PPAGE: return set_key(event, ORRERY_KEY_PAGE_UP, 0);
  case KEY_NPAGE: return set_key(event, ORRERY_KEY_PAGE_DOWN, 0);
  case KEY_ENTER: return set_key(event, ORRERY_KEY_ENTER, 0);
  case KEY_BTAB: return set_key(event, ORRERY_KEY_TAB, ORRERY_SHIFT);
  case KEY_BACKSPACE: return set_key(event, ORRERY_KEY_BACKSPACE, 0);
  default:
    if (code >= KEY_F(1) && code <= KEY_F(24))
      return set_key(event, ORRERY_KEY_FUNCTION + (int)(code - KEY_F0), 0);
    return false; /* KEY_RESIZE too: the size is looked at elsewhere */
  }
}

static int read_code(wint_t *code) {
  if (has_pushed) {
    has_pushed = false;
    *code = pushed;
    return OK;
  }
  return wget_wch(keys != NULL ? keys : stdscr, code);
}

static bool decode_character(wint_t c, orrery_event *event) {
  switch (c) {
  case 27: {
    /* Esc with something right behind it, in the same batch, is alt. */
    wint_t next = 0;
    int status = read_code(&next);
    if (status == ERR || next == 27) {
      if (status != ERR) {
        pushed = next;
        has_pushed = true;
      }
      return set_key(event, ORRERY_KEY_ESCAPE, 0);
    }
    event->modifiers |= ORRERY_ALT;
    return status == KEY_CODE_YES ? decode_code(next, event) : decode_character(next, event);
  }
  case 9: return set_key(event, ORRERY_KEY_TAB, 0);
  case 10:
  case 13: return set_key(event, ORRERY_KEY_ENTER, 0);
  case 8:
  case 127: return set_key(event, ORRERY_KEY_BACKSPACE, 0);
  default: break;
  }
  event->kind = ORRERY_EVENT_CHARACTER;
  event->scalar = (uint32_t)c;
  if (c == 0) {
    event->scalar = ' ';
    event->modifiers |= ORRERY_CTRL;
  } else if (c < 27) {
    event->scalar = 'a' + (uint32_t)c - 1;
    event->modifiers |= ORRERY_CTRL;
  } else if (c < 32) {
    event->scalar = "\\]^_"[c - 28];
    event->modifiers |= ORRERY_CTRL;
  }
  return true;
}

/* Takes the next event out of what ncurses has read; false when there is none.
 *
 * Known limit: once ncurses has seen the beginning of a mouse report it reads the rest of it with
 * a blocking read, so a report that was cut short waits for the next byte. */
static bool decode_next(orrery_event *event) {
  for (;;) {
    wint_t code = 0;
    int status = read_code(&code);
    if (status == ERR) return false;
    if (pasting) {
      if (status == KEY_CODE_YES && code == CODE_PASTE_END) {
        pasting = false;
        event->kind = ORRERY_EVENT_PASTE;
        return true;
      }
      if (status == OK) paste_scalar((uint32_t)code);
      continue;
    }
    memset(event, 0, sizeof *event);
    bool found = status == KEY_CODE_YES ? decode_code(code, event) : decode_character(code, event);
    if (found) return true;
  }
}

static bool take_resize(orrery_event *event) {
  if (!size_changed) return false;
  size_changed = 0;
  struct winsize size;
  if (ioctl(out_descriptor, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
    return false;
  if (size.ws_row == LINES && size.ws_col == COLS) return false;
  resizeterm(size.ws_row, size.ws_col);
  /* What the terminal shows after a change of size is its own affair. */
  clearok(curscr, TRUE);
  event->kind = ORRERY_EVENT_RESIZE;
  event->x = size.ws_col;
  event->y = size.ws_row;
  return true;
}

/* What a signal asked for. Being stopped ends with an event of its own: all is drawn anew. */
static bool take_signal(orrery_event *event) {
  if (orrery_crash_asked() != 0) {
    event->kind = ORRERY_EVENT_HANGUP;
    return true;
  }
  if (!stop_asked && !was_continued) return false;
  if (stop_asked) {
    stop_asked = 0;
    orrery_screen_stop(false);
  } else {
    /* Stopped without having been asked (SIGSTOP): the shell has set the terminal its own way. */
    was_continued = 0;
    orrery_screen_return();
  }
  if (take_resize(event)) return true;
  event->kind = ORRERY_EVENT_RESIZE;
  event->x = COLS;
  event->y = LINES;
  return true;
}

void orrery_term_next_event(int timeout_ms, orrery_event *event) {
  memset(event, 0, sizeof *event);
  if (!orrery_term_is_open()) {
    event->kind = ORRERY_EVENT_HANGUP;
    return;
  }
  if (take_signal(event)) return;
  /* ncurses keeps a queue of its own that poll cannot see, so it is emptied first. */
  if (take_resize(event) || decode_next(event)) return;
  struct pollfd sources[2] = {
    {.fd = in_descriptor, .events = POLLIN}, {.fd = wake_read, .events = POLLIN},
  };
  int limit = timeout_ms;
  if (pasting && (limit < 0 || limit > PASTE_TIMEOUT_MS)) limit = PASTE_TIMEOUT_MS;
  int ready = poll(sources, wake_read >= 0 ? 2 : 1, limit);
  if (ready == 0 && pasting) { /* the end of the paste was lost */
    pasting = false;
    event->kind = ORRERY_EVENT_PASTE;
    return;
  }
  if (ready > 0 && sources[1].revents != 0) {
    char drain[64];
    while (read(wake_read, drain, sizeof drain) > 0) {}
  }
  if (take_signal(event) || take_resize(event)) return;
  if (ready <= 0) return;
  if (sources[0].revents & POLLIN) {
    int waiting = 0;
    /* Readable with nothing in it: the terminal is gone, poll would return at once for ever. */
    if (ioctl(in_descriptor, FIONREAD, &waiting) != 0 || waiting == 0) {
      event->kind = ORRERY_EVENT_HANGUP;
      return;
    }
    if (decode_next(event)) return;
    memset(event, 0, sizeof *event);
  } else if (sources[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
    event->kind = ORRERY_EVENT_HANGUP;
  }
}
