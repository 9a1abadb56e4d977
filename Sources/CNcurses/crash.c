/* Gives the terminal back in every way out, and saves what was said on stderr.
 *
 * A handler may only use async-signal-safe calls: it writes a fixed string that turns every mode
 * off, restores the line settings, shows the end of what stderr got while the screen was up, and
 * lets the signal take its course. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "internal.h"

static const char reset_modes[] =
  "\033[?2026l\033[?1006l\033[?1002l\033[?1000l\033[?1004l\033[?2004l"
  "\033[0m\033(B\033[?7h\033[?1l\033>\033[?25h\033[?1049l\r\033[0m";

static const int fatal_signals[] = {
  SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS,
  SIGTERM, SIGHUP, SIGQUIT, SIGINT,
};
enum { SIGNAL_COUNT = sizeof fatal_signals / sizeof fatal_signals[0], TAIL = 8192 };

static struct sigaction old_actions[SIGNAL_COUNT];
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

static void on_fatal(int number) {
  int saved = errno;
  if (armed) {
    armed = 0;
    orrery_write_all(tty, reset_modes, sizeof reset_modes - 1);
    tcsetattr(tty, TCSANOW, &saved_settings);
    show_captured();
    if (real_stderr >= 0) dup2(real_stderr, STDERR_FILENO);
  }
  for (int i = 0; i < SIGNAL_COUNT; i++)
    if (fatal_signals[i] == number) sigaction(number, &old_actions[i], NULL);
  /* ncurses' own handler of these would end with exit(1): who asked must see that it was heard. */
  if (number == SIGTERM || number == SIGINT) signal(number, SIG_DFL);
  errno = saved;
  raise(number);
}

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
    action.sa_handler = on_fatal;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < SIGNAL_COUNT; i++) {
      sigaction(fatal_signals[i], NULL, &old_actions[i]);
      /* What the caller ignores (nohup) stays ignored. */
      if (old_actions[i].sa_handler != SIG_IGN) sigaction(fatal_signals[i], &action, NULL);
    }
  }
  armed = 1;
}

void orrery_crash_disarm(void) {
  armed = 0;
  if (has_handlers) {
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
