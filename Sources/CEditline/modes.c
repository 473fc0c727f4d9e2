#define _GNU_SOURCE
#include "editline.h"

#include <signal.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

#include "include/CEditline.h"

/*
 * While a statement runs the terminal shows nothing of what is typed: it belongs to the next prompt,
 * which draws it. The settings that nnsh was started with come back wherever it leaves the terminal
 * to others, also where a signal stops or ends it in the middle of a statement.
 */

static struct termios original, silent;
static volatile sig_atomic_t is_known, is_silent, is_lent;

enum { HANDLED_COUNT = 5 };
static const int handled[HANDLED_COUNT] = {SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGQUIT};
static struct sigaction former[HANDLED_COUNT];

/* From the background, setting the terminal would stop the process. */
static int owns_terminal(void) { return tcgetpgrp(STDIN_FILENO) == getpgrp(); }

void modes_give_back(void) {
  if (!is_silent) return;
  is_silent = 0;
  if (owns_terminal()) tcsetattr(STDIN_FILENO, TCSANOW, &original);
}

void modes_take(void) {
  if (!is_known || is_silent || is_lent || !owns_terminal()) return;
  is_silent = 1;
  tcsetattr(STDIN_FILENO, TCSANOW, &silent);
}

int modes_signal_of(unsigned char byte) {
  static const int keys[3][2] = {{VINTR, SIGINT}, {VSUSP, SIGTSTP}, {VQUIT, SIGQUIT}};
  if (!is_known || byte == _POSIX_VDISABLE || !(original.c_lflag & ISIG)) return 0;
  for (int i = 0; i < 3; i++)
    if (original.c_cc[keys[i][0]] == byte) return keys[i][1];
  return 0;
}

void modes_take_usual_effect(int number) {
  struct sigaction usual = {0}, ours;
  usual.sa_handler = SIG_DFL;
  sigset_t only, mask;
  sigemptyset(&only);
  sigaddset(&only, number);
  sigaction(number, &usual, &ours);
  pthread_sigmask(SIG_UNBLOCK, &only, &mask);
  raise(number);
  /* Here it goes on after a stop. */
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
  sigaction(number, &ours, NULL);
}

static void deal_with(int number) {
  if (number == SIGCONT) {
    modes_take();
    return;
  }
  modes_give_back();
  modes_take_usual_effect(number);
}

void editline_lend_terminal(void) {
  is_lent = 1;
  modes_give_back();
}

void editline_take_terminal(void) {
  is_lent = 0;
  modes_take();
}

void modes_open(void) {
  is_known = tcgetattr(STDIN_FILENO, &original) == 0;
  if (!is_known) return;
  silent = original;
  silent.c_lflag &= ~(tcflag_t)ECHO;
  struct sigaction action = {0};
  action.sa_handler = deal_with;
  /* On a stack apart, as kernels that run keep data below theirs. */
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  for (int i = 0; i < HANDLED_COUNT; i++) {
    sigaction(handled[i], NULL, &former[i]);
    if (former[i].sa_handler != SIG_IGN) sigaction(handled[i], &action, NULL);
  }
}

void modes_close(void) {
  if (!is_known) return;
  modes_give_back();
  is_known = 0;
  for (int i = 0; i < HANDLED_COUNT; i++) sigaction(handled[i], &former[i], NULL);
}
