#define _GNU_SOURCE
#include "include/CEditline.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "editline.h"
#include "keys.h"

static FILE *nowhere;
static History *history_list;
static char *accepted;
static int is_vi;

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
    el_resize(editor.line);
    draw_buffer(EDITLINE_RESIZED);
  }
  return 0;
}

/*
 * In vi's keys Escape is a key of its own, but also begins what the arrows send. These bytes come
 * together; a person's next key does not, and is neither `[` nor `O` and a letter of those keys.
 */
static int escape_stands_alone(void) {
  if (!is_vi) return 0;
  if (!input_is_pending(30)) return 1;
  unsigned char next;
  if (input_read_further_byte(&next) != INPUT_BYTE) return 1;
  editor.pushed[0] = (char)next;
  editor.pushed[1] = 0;
  editor.queued = editor.pushed;
  return next != '[' && next != 'O';
}

/* libedit's character source; its own gives up on EINTR and cannot be told what to read next. */
int read_character(EditLine *e, wchar_t *character) {
  (void)e;
  for (;;) {
    if (*editor.queued) {
      *character = (wchar_t)(unsigned char)*editor.queued++;
      return 1;
    }
    draw_buffer(input_is_pending(0) ? EDITLINE_BUSY : EDITLINE_WAITING);
    unsigned char byte;
    int outcome = input_read_byte(&byte);
    if (outcome == INPUT_NOTED) {
      /* The end of input ends a search or half a key as well, where a key would be mistaken. */
      if (deal_with_notes()) return 0;
      continue;
    }
    if (outcome == INPUT_END) return 0;
    if (byte == 27 && escape_stands_alone()) {
      /* What was read behind it follows the private key. */
      static char keys[sizeof KEY_ESCAPE + 2];
      snprintf(keys, sizeof keys, "%s%s", KEY_ESCAPE, editor.queued);
      editor.queued = keys;
      continue;
    }
    int more = continuation_count(byte);
    if (more < 0) continue;
    wchar_t value = more == 0 ? byte : byte & (0x3F >> more);
    int broken = 0;
    for (int i = 0; i < more && !broken; i++) {
      broken = input_read_further_byte(&byte) != INPUT_BYTE || (byte & 0xC0) != 0x80;
      value = (value << 6) | (byte & 0x3F);
    }
    if (broken) continue;
    *character = value;
    return 1;
  }
}

/* Where ~/.editrc lies; NULL for nowhere. To be freed. */
static char *settings_path(void) {
  const char *path = getenv("EDITRC");
  if (path) return strdup(path);
  const char *home = getenv("HOME");
  char *built = NULL;
  if (!home || asprintf(&built, "%s/.editrc", home) < 0) return NULL;
  return built;
}

/*
 * Reads ~/.editrc once more, without the lines that choose the keys: those begin a new key map,
 * in which what people expect has since been bound, and which the others may bind otherwise.
 */
static void read_settings_again(void) {
  char *path = settings_path();
  FILE *settings = path ? fopen(path, "re") : NULL;
  FILE *rest = tmpfile();
  char *line = NULL;
  size_t capacity = 0;
  while (settings && rest && getline(&line, &capacity, settings) >= 0) {
    if (strstr(line, "bind") && (strstr(line, " -v") || strstr(line, " -e"))) continue;
    fputs(line, rest);
  }
  if (settings && rest && fflush(rest) == 0) {
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fileno(rest));
    el_source(editor.line, name);
  }
  free(line);
  free(path);
  if (settings) fclose(settings);
  if (rest) fclose(rest);
}

static int has_settings(void) {
  char *path = settings_path();
  int readable = path && access(path, R_OK) == 0;
  free(path);
  return readable;
}

int editline_open(const char *program, EditlineCallbacks callbacks, int history_size) {
  /* Without a UTF-8 locale libedit drops every character beyond ASCII. */
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
  editor.calls = callbacks;
  editor.queued = "";
  /* Its drawing goes nowhere; the terminal is still the one that it sets and measures. */
  nowhere = fopen("/dev/null", "we");
  if (!nowhere || !input_open()) return 0;
  modes_open();
  editor.line = el_init_fd(
    program, stdin, nowhere, stderr, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO);
  if (!editor.line) return 0;
  el_set(editor.line, EL_SIGNAL, 0);
  /* What it sets between its reads, when statements run. */
  el_set(editor.line, EL_SETTY, "-x", "-echo", NULL);
  /* Ctrl-S is a key of the search, and must not seem to stop the shell. */
  el_set(editor.line, EL_SETTY, "-d", "-ixon", NULL);
  /*
   * Ctrl-C comes as a byte, in its place among the keys: for a signal the terminal would drop what
   * was typed before and not read, and what was drawn and not shown.
   */
  el_set(editor.line, EL_SETTY, "-d", "-isig", NULL);
  el_set(editor.line, EL_EDITOR, "emacs");
  history_list = history_init();
  if (history_list) {
    HistEvent event;
    history(history_list, &event, H_SETSIZE, history_size);
    el_set(editor.line, EL_HIST, history, history_list);
  }
  add_functions();
  int customized = has_settings();
  if (customized) el_source(editor.line, NULL);
  const char *name = NULL;
  el_get(editor.line, EL_EDITOR, &name);
  is_vi = name && strcmp(name, "vi") == 0;
  bind_customary_keys(is_vi);
  if (customized) read_settings_again();
  bind_own_keys();
  el_set(editor.line, EL_GETCFN, read_character);
  return 1;
}

void editline_close(void) {
  if (history_list) history_end(history_list);
  if (editor.line) el_end(editor.line);
  if (nowhere) fclose(nowhere);
  modes_close();
  input_close();
  free(accepted);
  history_list = NULL;
  editor.line = NULL;
  nowhere = NULL;
  accepted = NULL;
}

void editline_add_history(const char *entry) {
  HistEvent event;
  if (history_list) history(history_list, &event, H_ENTER, entry);
}

void editline_remove_history(const char *entry) {
  HistEvent event;
  if (!history_list) return;
  for (int found = history(history_list, &event, H_FIRST); found >= 0;
       found = history(history_list, &event, H_NEXT)) {
    if (strcmp(event.str, entry) != 0) continue;
    HistEvent removed;
    history(history_list, &removed, H_DEL, event.num);
    free((void *)removed.str);
    return;
  }
}

void editline_forget_interrupt(void) { input_forget_interrupt(); }

int editline_termination_signal(void) { return editor.termination_signal; }

int editline_read(const char **text) {
  *text = "";
  if (!editor.line) return EDITLINE_END_OF_INPUT;
  editor.queued = "";
  editor.outcome = EDITLINE_END_OF_INPUT;
  free(accepted);
  accepted = NULL;
  input_handle_signals();
  modes_take();
  take_terminal();
  int count = 0;
  el_gets(editor.line, &count);
  give_terminal_back();
  if (editor.outcome == EDITLINE_TERMINATED) modes_give_back();
  input_restore_signals();
  if (editor.outcome == EDITLINE_ACCEPTED) {
    accepted = editor.text;
    editor.text = NULL;
    if (accepted) *text = accepted;
  }
  return editor.outcome;
}
