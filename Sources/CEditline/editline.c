#define _GNU_SOURCE
#include "include/CEditline.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "bindings.h"
#include "editline.h"
#include "keys.h"
#include "sequences.h"

static FILE *nowhere;
static char *accepted;

Editor editor = {0};

/* How many further bytes a UTF-8 lead byte announces; -1 where it is none. */
static int continuation_count(unsigned char lead) {
  if (lead < 0x80) return 0;
  if (lead >= 0xC2 && lead < 0xE0) return 1;
  if (lead >= 0xE0 && lead < 0xF0) return 2;
  if (lead >= 0xF0 && lead < 0xF5) return 3;
  return -1;
}

void write_terminal(const char *text) {
  size_t length = strlen(text);
  while (length > 0) {
    ssize_t count = write(STDOUT_FILENO, text, length);
    if (count < 0 && errno == EAGAIN) {
      struct pollfd terminal = {STDOUT_FILENO, POLLOUT, 0};
      poll(&terminal, 1, -1);
      continue;
    }
    if (count < 0 && errno != EINTR) return;
    if (count > 0) {
      text += count;
      length -= (size_t)count;
    }
  }
}

void draw_buffer(int reason) {
  int cursor = 0;
  char *text = copy_of_buffer(&cursor);
  if (!text) return;
  editor.calls.draw(editor.calls.context, text, (int)strlen(text), cursor, reason);
  free(text);
}

/* Brackets a paste only while a line is read: a program that runs must not see the marks. */
static void take_terminal(void) { write_terminal("\033[?2004h"); }
static void give_terminal_back(void) { write_terminal("\033[?2004l"); }

static void suspend_and_resume(void) {
  draw_buffer(EDITLINE_ENDING);
  give_terminal_back();
  el_set(editor.line, EL_PREP_TERM, 0);
  modes_give_back();
  input_stop_process();
  modes_take();
  el_set(editor.line, EL_PREP_TERM, 1);
  take_terminal();
  draw_buffer(EDITLINE_CLEARED);
}

/* Deals with what signals noted. Whether the read ends. */
static int deal_with_notes(void) {
  Notes notes = input_take_notes();
  if (notes.terminate) {
    editor.termination_signal = notes.terminate;
    editor.outcome = EDITLINE_TERMINATED;
    draw_buffer(EDITLINE_ENDING);
    return 1;
  }
  if (notes.interrupt) {
    editor.outcome = EDITLINE_INTERRUPTED;
    draw_buffer(EDITLINE_ABANDONING);
    return 1;
  }
  if (notes.suspend) {
    suspend_and_resume();
  } else if (notes.resume) {
    /* The shell that continued us has set the terminal as it likes it. */
    el_set(editor.line, EL_PREP_TERM, 0);
    el_set(editor.line, EL_PREP_TERM, 1);
    take_terminal();
    draw_buffer(EDITLINE_CLEARED);
  }
  if (notes.resize) {
    draw_buffer(EDITLINE_RESIZED);
  }
  return 0;
}

/* One character of the queue, which is UTF-8. */
static wchar_t next_queued(void) {
  unsigned char lead = (unsigned char)*editor.queued++;
  int more = continuation_count(lead);
  wchar_t value = more <= 0 ? lead : lead & (0x3F >> more);
  while (more-- > 0 && ((unsigned char)*editor.queued & 0xC0) == 0x80)
    value = (value << 6) | (*editor.queued++ & 0x3F);
  return value;
}

/* The rest of a character; 0 where it is broken off. */
static wchar_t read_rest(unsigned char lead, int more) {
  wchar_t value = lead & (0x3F >> more);
  for (int i = 0; i < more; i++) {
    unsigned char byte;
    if (input_read_further_byte(&byte) != INPUT_BYTE) return 0;
    if ((byte & 0xC0) != 0x80) {
      input_push_byte(byte);
      return 0;
    }
    value = (value << 6) | (byte & 0x3F);
  }
  return value;
}

/*
 * What libedit would draw it lays out on a screen that it keeps in memory, of the window's size at
 * the beginning of the read: in windows of few rows or columns, or that change, it writes past that
 * screen's end. One size does for all, as nothing of it is shown. It is set before libedit lays out
 * a first character, since the cursor keeps its place, which may not exist on the new screen.
 */
static void keep_screen(void) {
  if (editor.has_screen) return;
  editor.has_screen = 1;
  el_set(editor.line, EL_SETTC, "co", "80", NULL);
  el_set(editor.line, EL_SETTC, "li", "24", NULL);
}

/*
 * "$" among vi's commands leaves libedit's cursor before the beginning of an empty line, and the
 * command after it would read what lies there.
 */
static void keep_cursor_in_line(EditLine *e) {
  const LineInfoW *info = el_wline(e);
  if (info->cursor < info->buffer) el_cursor(e, (int)(info->buffer - info->cursor));
}

/* libedit's character source; its own gives up on EINTR and cannot be told what to read next. */
int read_character(EditLine *e, wchar_t *character) {
  keep_cursor_in_line(e);
  static int may_be_followed;
  for (;;) {
    if (*editor.queued) {
      *character = next_queued();
      return 1;
    }
    editor.is_repeating = 0;
    int has_come = input_is_pending(0);
    draw_buffer(has_come ? EDITLINE_BUSY : EDITLINE_WAITING);
    unsigned char byte;
    int outcome = input_read_byte(&byte);
    if (outcome == INPUT_NOTED) {
      /* The end of input ends a search or half a key as well, where a key would be mistaken. */
      if (deal_with_notes()) return 0;
      continue;
    }
    if (outcome == INPUT_END) return 0;
    /*
     * A line break of two bytes, as of a text that was pasted without marks, is one. The second has
     * come with the first: one that comes later is Enter, pressed while a statement ran.
     */
    int is_second_half = byte == '\n' && may_be_followed;
    may_be_followed = byte == '\r' && input_is_pending(0);
    if (byte == 0 || is_second_half) continue;
    if (byte == 27) {
      editor.queued = read_sequence(editor.is_vi);
      continue;
    }
    int more = continuation_count(byte);
    *character = more > 0 ? read_rest(byte, more) : byte;
    if (more >= 0 && *character != 0 && !is_private(*character)) return 1;
  }
}

/* libedit asks for the prompt before it lays out anything else. */
static char *no_prompt(EditLine *e) {
  (void)e;
  keep_screen();
  static char nothing[] = "";
  return nothing;
}

/*
 * What libedit knows of the terminal it needs for drawing, which it does not do here; a name that it
 * does not know would only make it complain, and a long one more than that.
 */
static EditLine *open_line(const char *program) {
  const char *name = getenv("TERM");
  char *kept = name ? strdup(name) : NULL;
  setenv("TERM", "xterm", 1);
  EditLine *line =
    el_init_fd(program, stdin, nowhere, nowhere, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO);
  if (kept) setenv("TERM", kept, 1);
  else unsetenv("TERM");
  free(kept);
  return line;
}

int editline_open(const char *program, EditlineCallbacks callbacks, int is_vi) {
  /* Without a UTF-8 locale libedit drops every character beyond ASCII. */
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
  editor.calls = callbacks;
  editor.queued = "";
  editor.is_vi = is_vi;
  /* Its drawing goes nowhere; the terminal is still the one that it sets and measures. */
  nowhere = fopen("/dev/null", "we");
  if (!nowhere) nowhere = tmpfile();
  if (!nowhere || !input_open()) return 0;
  modes_open();
  editor.line = open_line(program);
  if (!editor.line) return 0;
  el_set(editor.line, EL_SIGNAL, 0);
  el_set(editor.line, EL_PROMPT, no_prompt);
  /* What it sets between its reads, when statements run. */
  el_set(editor.line, EL_SETTY, "-x", "-echo", NULL);
  /* Ctrl-S is a key of the search, and must not seem to stop the shell. */
  el_set(editor.line, EL_SETTY, "-d", "-ixon", NULL);
  /*
   * Ctrl-C comes as a byte, in its place among the keys: for a signal the terminal would drop what
   * was typed before and not read, and what was drawn and not shown.
   */
  el_set(editor.line, EL_SETTY, "-d", "-isig", NULL);
  /* Return comes as it was sent: only so a line break of two bytes is told from two of them. */
  el_set(editor.line, EL_SETTY, "-d", "-icrnl", "-inlcr", NULL);
  el_set(editor.line, EL_EDITOR, is_vi ? "vi" : "emacs");
  add_functions();
  bind_customary_keys(is_vi);
  el_set(editor.line, EL_GETCFN, read_character);
  return 1;
}

int editline_bind(const char *const *words, int count, const char *key) {
  if (!editor.line || el_parse(editor.line, count, (const char **)words) != 0) return 0;
  note_bound_by_user(key);
  return 1;
}

void editline_bind_own_keys(void) {
  if (editor.line) bind_own_keys();
}

void editline_close(void) {
  if (editor.line) el_end(editor.line);
  if (nowhere) fclose(nowhere);
  modes_close();
  input_close();
  free(accepted);
  forget_bound_by_user();
  editor.line = NULL;
  nowhere = NULL;
  accepted = NULL;
}

void editline_forget_interrupt(void) { input_forget_interrupt(); }

void editline_give_back(unsigned char byte) { input_push_byte(byte); }

int editline_termination_signal(void) { return editor.termination_signal; }

/* A key that the person has bound to a function of libedit ended the line, as ours does. */
static void take_line(const char *line, int count) {
  char *text = strndup(line, (size_t)count);
  if (!text) return;
  text[strcspn(text, "\n") == (size_t)count - 1 ? count - 1 : count] = 0;
  free(editor.text);
  editor.text = text;
  editor.outcome = EDITLINE_ACCEPTED;
  draw_buffer(EDITLINE_ENDING);
}

/*
 * A signal that comes after the last key was only noted, and nobody would look until the next read:
 * it is for the statement that runs until then. Called once the notes cannot grow.
 */
static void deal_with_late_notes(void) {
  Notes notes = input_take_notes();
  if (notes.terminate && editor.outcome != EDITLINE_TERMINATED) {
    editor.termination_signal = notes.terminate;
    editor.outcome = EDITLINE_TERMINATED;
  } else if (notes.suspend) {
    raise(SIGTSTP);
  }
}

int editline_read(const char **text) {
  *text = "";
  if (!editor.line) return EDITLINE_END_OF_INPUT;
  /* vi's `.` repeats what is typed in this statement, not what was in the one before. */
  editor.queued = editor.is_vi ? KEY_VI_INSERT : "";
  editor.is_repeating = 0;
  editor.has_screen = 0;
  editor.outcome = EDITLINE_END_OF_INPUT;
  free(accepted);
  accepted = NULL;
  input_handle_signals();
  modes_take();
  take_terminal();
  int count = 0;
  const char *line = el_gets(editor.line, &count);
  give_terminal_back();
  if (editor.outcome == EDITLINE_END_OF_INPUT && line && count > 0) take_line(line, count);
  input_restore_signals();
  deal_with_late_notes();
  if (editor.outcome == EDITLINE_TERMINATED) modes_give_back();
  if (editor.outcome == EDITLINE_ACCEPTED) {
    accepted = editor.text;
    editor.text = NULL;
    if (accepted) *text = accepted;
  }
  return editor.outcome;
}
