// Loaded into a program that callgrind runs. The library of libdispatch calls `sigsuspend` with a mask in memory that is only for reading, and
// valgrind 3.19 (Debian 12) writes to the mask: it crashes.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
  sigset_t copy = *mask;
  return syscall(SYS_rt_sigsuspend, &copy, _NSIG / 8);
}
