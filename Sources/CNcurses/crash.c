/* Gives the terminal back in every way out, and saves what was said on stderr.
 *
 * Two kinds of signal: those of a bug end the process where it stands, those that ask it to end
 * are handed to the loop, which then has its say on files; one that gets no answer ends it too.
 *
 * A handler may only use async-signal-safe calls: it writes a fixed string that turns every mode
 * off, restores the line settings, shows the end of what stderr got while the screen was up, and
 * lets the signal take its course. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "internal.h"

static const char reset_modes[] =
  "\033[?2026l\033[?1006l\033[?1002l\033[?1000l\033[?1004l\033[?2004l"
  "\033[0m\033(B\033[?7h\033[?1l\033>\033[?25h\033[?1049l\r\033[0m";

/* Bugs first, then those that ask, then the one that says that nobody answered. */
static const int fatal_signals[] = {
  SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS,
  SIGQUIT, SIGTERM, SIGHUP, SIGINT, SIGALRM,
};
enum {
  SIGNAL_COUNT = sizeof fatal_signals / sizeof fatal_signals[0],
  BUG_COUNT = 7,
  TAIL = 8192,
  PATIENCE_SECONDS = 3, /* of one who asks the process to end */
};

static struct sigaction old_actions[SIGNAL_COUNT];
static volatile sig_atomic_t asked; /* the signal that asks for the end, or 0 */
static volatile sig_atomic_t listening; /* somebody looks at it */
static char note[1024];             /* what is said besides when a bug ends the process */
static struct termios saved_settings;
static volatile sig_atomic_t armed;
static bool has_handlers;
static int tty = -1;
static int captured = -1;    /* the file that stands for stderr */
static int real_stderr = -1; /* what stderr was */
static char tail[TAIL];

void orrery_write_all(int descriptor, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t n = write(descriptor, bytes, count);
    if (n < 0 && errno == EAGAIN) {
      struct pollfd wait = {.fd = descriptor, .events = POLLOUT};
      if (poll(&wait, 1, 1000) <= 0) return;
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes += n;
    count -= (size_t)n;
  }
}

/* Copies the end of the captured stderr to where stderr goes. */
static void show_captured(void) {
  if (captured < 0) return;
  off_t end = lseek(captured, 0, SEEK_END);
  if (end <= 0) return;
  off_t start = end > TAIL ? end - TAIL : 0;
  ssize_t n = pread(captured, tail, TAIL, start);
  if (n > 0) orrery_write_all(real_stderr >= 0 ? real_stderr : tty, tail, (size_t)n);
}

static void say(const char *text) { orrery_write_all(STDERR_FILENO, text, strlen(text)); }

static void say_bug(int number) {
  char digits[] = "00";
  digits[0] = (char)('0' + number / 10 % 10);
  digits[1] = (char)('0' + number % 10);
  say("orrery: a bug in the program ended it (signal ");
  say(number < 10 ? digits + 1 : digits);
  say(")");
  if (note[0] != 0) say("; ");
  say(note);
  say("\n");
}

static void on_fatal(int number) {
  int saved = errno;
  if (armed) {
    armed = 0;
    orrery_write_all(tty, reset_modes, sizeof reset_modes - 1);
    tcsetattr(tty, TCSANOW, &saved_settings);
    show_captured();
    if (real_stderr >= 0) dup2(real_stderr, STDERR_FILENO);
    for (int i = 0; i < BUG_COUNT; i++)
      if (fatal_signals[i] == number) say_bug(number);
  }
  /* The alarm rang for one who asked: it is their signal that ends the process. */
  if (number == SIGALRM && asked != 0) number = asked;
  for (int i = 0; i < SIGNAL_COUNT; i++)
    if (fatal_signals[i] == number) sigaction(number, &old_actions[i], NULL);
  /* ncurses' own handler of these would end with exit(1): who asked must see that it was heard. */
  if (number == SIGTERM || number == SIGINT || number == SIGALRM) signal(number, SIG_DFL);
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, number);
  errno = saved;
  raise(number);
  sigprocmask(SIG_UNBLOCK, &mine, NULL);
}

/* The loop is told, and given a while; who asks twice will not wait. */
static void on_asked(int number) {
  if (asked != 0 || !listening) return on_fatal(number);
  asked = number;
  alarm(PATIENCE_SECONDS);
  orrery_term_wake();
}

int orrery_crash_asked(void) { return asked; }

void orrery_end_listen(void) {
  static const int asking[] = {SIGTERM, SIGHUP, SIGINT, SIGALRM};
  struct sigaction action, old;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_asked;
  sigemptyset(&action.sa_mask);
  listening = 1;
  for (size_t i = 0; i < sizeof asking / sizeof asking[0]; i++) {
    if (asking[i] == SIGALRM) action.sa_handler = on_fatal;
    sigaction(asking[i], NULL, &old);
    if (old.sa_handler != SIG_IGN) sigaction(asking[i], &action, NULL);
  }
}

void orrery_crash_note(const char *text) {
  /* Read by a handler of this very thread: never seen half written but as a shorter text. */
  note[0] = 0;
  atomic_signal_fence(memory_order_seq_cst);
  strncpy(note + 1, text + (text[0] != 0), sizeof note - 2);
  atomic_signal_fence(memory_order_seq_cst);
  note[0] = text[0];
}

void orrery_end_by(int number) {
  if (number == 0) return;
  alarm(0);
  signal(number, SIG_DFL);
  /* Whoever started this may have had it blocked. */
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, number);
  sigprocmask(SIG_UNBLOCK, &mine, NULL);
  raise(number);
}

void orrery_crash_obey(void) { orrery_end_by(asked); }

static void on_exit_restore(void) {
  if (!armed) return;
  armed = 0;
  orrery_write_all(tty, reset_modes, sizeof reset_modes - 1);
  tcsetattr(tty, TCSANOW, &saved_settings);
  show_captured();
}

static void capture_stderr(void) {
  if (!isatty(STDERR_FILENO)) return;
  FILE *file = tmpfile();
  if (file == NULL) return;
  captured = dup(fileno(file));
  fclose(file);
  if (captured < 0) return;
  real_stderr = dup(STDERR_FILENO);
  dup2(captured, STDERR_FILENO);
}

void orrery_crash_arm(int output, const struct termios *settings, bool handlers) {
  tty = output;
  saved_settings = *settings;
  has_handlers = handlers;
  if (handlers) {
    static bool registered = false;
    if (!registered) {
      registered = true;
      atexit(on_exit_restore);
    }
    capture_stderr();
    /* A stack overflow has no stack left to handle it on. */
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < SIGNAL_COUNT; i++) {
      int number = fatal_signals[i];
      bool asks = number == SIGTERM || number == SIGHUP || number == SIGINT;
      action.sa_handler = asks ? on_asked : on_fatal;
      sigaction(fatal_signals[i], NULL, &old_actions[i]);
      /* What the caller ignores (nohup) stays ignored. */
      if (old_actions[i].sa_handler != SIG_IGN) sigaction(fatal_signals[i], &action, NULL);
    }
  }
  armed = 1;
  listening = handlers;
}

void orrery_crash_disarm(void) {
  armed = 0;
  listening = 0;
  if (has_handlers) {
    /* The handler that the alarm is for goes. */
    alarm(0);
    for (int i = 0; i < SIGNAL_COUNT; i++) sigaction(fatal_signals[i], &old_actions[i], NULL);
    has_handlers = false;
  }
  if (captured >= 0) {
    show_captured();
    if (real_stderr >= 0) {
      dup2(real_stderr, STDERR_FILENO);
      close(real_stderr);
    }
    close(captured);
    captured = real_stderr = -1;
  }
}
