/* Pseudo terminals for tests. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

bool orrery_is_tty(int descriptor) { return isatty(descriptor) != 0; }

void orrery_close(int descriptor) { close(descriptor); }

bool orrery_pty_open(int columns, int rows, int *master, int *slave) {
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  if (openpty(master, slave, NULL, NULL, &size) != 0) return false;
  fcntl(*master, F_SETFD, FD_CLOEXEC);
  fcntl(*slave, F_SETFD, FD_CLOEXEC);
  return true;
}

bool orrery_pty_resize(int master, int columns, int rows) {
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  return ioctl(master, TIOCSWINSZ, &size) == 0;
}

long orrery_pty_read(int master, char *bytes, size_t count, int timeout_ms) {
  struct pollfd wait = {.fd = master, .events = POLLIN};
  int ready = poll(&wait, 1, timeout_ms);
  if (ready < 0) return errno == EINTR ? 0 : -1;
  if (ready == 0) return 0;
  ssize_t n = read(master, bytes, count);
  return n > 0 ? n : -1;
}

long orrery_pty_write(int master, const char *bytes, size_t count) {
  return write(master, bytes, count);
}

int orrery_pty_spawn(int columns, int rows, const char *const argv[], int *master) {
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  pid_t pid = forkpty(master, NULL, NULL, &size);
  if (pid == 0) {
    /* Workers of libdispatch block almost every signal, and a child inherits that. */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
  }
  if (pid > 0) fcntl(*master, F_SETFD, FD_CLOEXEC);
  return (int)pid;
}

int orrery_pty_foreground(int master) { return (int)tcgetpgrp(master); }

int orrery_pty_wait(int pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
