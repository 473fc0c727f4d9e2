#define _GNU_SOURCE
#include "editline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "include/CEditline.h"

/*
 * A signal may come between the look at a flag and the wait for a key, on any thread. Handlers
 * therefore also write into a pipe, which the wait watches.
 */

static int wake_pipe[2] = {-1, -1};
static volatile sig_atomic_t interrupt_noted, resize_noted, suspend_noted, resume_noted;
static volatile sig_atomic_t terminate_noted;

enum { HANDLED_COUNT = 4 };
static const int handled[HANDLED_COUNT] = {SIGTSTP, SIGCONT, SIGTERM, SIGHUP};
static struct sigaction former[HANDLED_COUNT];

static void wake(void) {
  int kept = errno;
  char byte = 0;
  ssize_t written = wake_pipe[1] >= 0 ? write(wake_pipe[1], &byte, 1) : 0;
  (void)written;
  errno = kept;
}

void editline_note_interrupt(void) {
  interrupt_noted = 1;
  wake();
}

void editline_note_resize(void) {
  resize_noted = 1;
  wake();
}

static void note(int number) {
  if (number == SIGTSTP) suspend_noted = 1;
  else if (number == SIGCONT) resume_noted = 1;
  else terminate_noted = number;
  wake();
}

int input_open(void) { return pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) == 0; }

void input_close(void) {
  for (int i = 0; i < 2; i++) {
    if (wake_pipe[i] >= 0) close(wake_pipe[i]);
    wake_pipe[i] = -1;
  }
}

void input_handle_signals(void) {
  struct sigaction action = {0};
  action.sa_handler = note;
  action.sa_flags = SA_ONSTACK;
  /* Whoever started the process may have left them blocked, as threads of a pool do. */
  sigset_t unblocked;
  sigemptyset(&unblocked);
  for (int i = 0; i < HANDLED_COUNT; i++) sigaddset(&unblocked, handled[i]);
  pthread_sigmask(SIG_UNBLOCK, &unblocked, NULL);
  for (int i = 0; i < HANDLED_COUNT; i++) {
    sigaction(handled[i], NULL, &former[i]);
    /* What is ignored stays so: nohup, a shell without job control. */
    if (former[i].sa_handler != SIG_IGN) sigaction(handled[i], &action, NULL);
  }
}

void input_restore_signals(void) {
  for (int i = 0; i < HANDLED_COUNT; i++) sigaction(handled[i], &former[i], NULL);
}

void input_stop_process(void) {
  modes_take_usual_effect(SIGTSTP);
  resume_noted = suspend_noted = 0;
}

Notes input_take_notes(void) {
  Notes notes = {interrupt_noted, resize_noted, suspend_noted, resume_noted, terminate_noted};
  if (notes.interrupt) interrupt_noted = 0;
  if (notes.resize) resize_noted = 0;
  if (notes.suspend) suspend_noted = 0;
  if (notes.resume) resume_noted = 0;
  if (notes.terminate) terminate_noted = 0;
  return notes;
}

void input_forget_interrupt(void) { interrupt_noted = 0; }

static int is_noted(void) {
  return interrupt_noted || resize_noted || suspend_noted || resume_noted || terminate_noted;
}

static int ends_reading(void) { return interrupt_noted || terminate_noted; }

int input_note_key(unsigned char byte) {
  int number = modes_signal_of(byte);
  if (number == SIGINT) interrupt_noted = 1;
  else if (number == SIGTSTP) suspend_noted = 1;
  else if (number) raise(number);
  return number != 0;
}

/* Bytes that were read too early, the next one last. */
static unsigned char pushed[4096];
static int pushed_count;

void input_push_byte(unsigned char byte) {
  if (pushed_count < (int)sizeof pushed) pushed[pushed_count++] = byte;
}

/* Waits for a byte for so many milliseconds, for ever where they are negative. */
static int read_unless(int (*is_stopped)(void), int milliseconds, unsigned char *byte) {
  struct pollfd sources[2] = {{STDIN_FILENO, POLLIN, 0}, {wake_pipe[0], POLLIN, 0}};
  for (;;) {
    if (is_stopped()) return INPUT_NOTED;
    if (pushed_count > 0) {
      *byte = pushed[--pushed_count];
      return INPUT_BYTE;
    }
    int ready = poll(sources, 2, milliseconds);
    if (ready == 0) return INPUT_NOTHING;
    if (ready < 0) {
      if (errno == EINTR) continue;
      return INPUT_END;
    }
    if (sources[1].revents) {
      char emptied[64];
      while (read(wake_pipe[0], emptied, sizeof emptied) > 0) {}
      continue;
    }
    ssize_t count = read(STDIN_FILENO, byte, 1);
    if (count == 1 && !input_note_key(*byte)) return INPUT_BYTE;
    if (count == 1) continue;
    /* Another program may have made the terminal one that does not wait. */
    if (count == 0 || (errno != EINTR && errno != EAGAIN)) return INPUT_END;
  }
}

int input_read_byte(unsigned char *byte) { return read_unless(is_noted, -1, byte); }

int input_read_further_byte(unsigned char *byte) { return read_unless(ends_reading, -1, byte); }

int input_read_byte_within(int milliseconds, unsigned char *byte) {
  return read_unless(ends_reading, milliseconds, byte);
}

int input_is_pending(int milliseconds) {
  struct pollfd source = {STDIN_FILENO, POLLIN, 0};
  return pushed_count > 0 || poll(&source, 1, milliseconds) > 0;
}
