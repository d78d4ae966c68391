/* SPDX-License-Identifier: Apache-2.0 */
#include "onstub.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cuda.h"

int
on_stub_have_device (void)
{
  RcError error;
  int status = 1;
  pid_t child;

  /* in a process of its own: a driver that is in use does not survive the fork of
   * Check's tests */
  fflush (stdout);
  child = fork ();
  if (child == 0) {
    RcCuda *cuda = rc_cuda_new (0, &error);

    rc_cuda_free (cuda);
    if (cuda)
      _exit (0);
    printf ("SKIP: %s\n", error.message);
    fflush (stdout);
    _exit (1);
  }
  return waitpid (child, &status, 0) == child && WIFEXITED (status)
      && WEXITSTATUS (status) == 0;
}

static void *
find (const char *name)
{
  void *library = dlopen ("libcuda.so.1", RTLD_NOW);

  return library ? dlsym (library, name) : NULL;
}

int
on_stub (void)
{
  return find ("stub_alive") != NULL;
}

int
stub_alive (void)
{
  int (*function) (void);

  *(void **) &function = find ("stub_alive");
  return function ? function () : 0;
}

int
stub_calls (const char *name)
{
  int (*function) (const char *);

  *(void **) &function = find ("stub_calls");
  return function ? function (name) : 0;
}

void
stub_fail (const char *name, int code, int skip, int times)
{
  void (*function) (const char *, int, int, int);

  *(void **) &function = find ("stub_fail");
  if (function)
    function (name, code, skip, times);
}

void
on_stub_mend (void)
{
  stub_fail ("", 0, 0, 0);
}
