#pragma once

/*
 * libedit for Swift: its functions are variadic, which Swift cannot call, and its callbacks carry
 * no context. One editor, used by one thread (libedit keeps static state).
 */

/* What a read ended with. */
enum {
  EDITLINE_ACCEPTED = 0,
  EDITLINE_END_OF_INPUT = 1,
  EDITLINE_INTERRUPTED = 2,
  EDITLINE_FAILED = 3
};

/* What the editor asks of the shell; every text is UTF-8. */
typedef struct {
  void *context;
  /* Whether Enter runs the text (1) or opens a further line (0). */
  int (*is_complete)(void *context, const char *text);
  /*
   * Tab at a byte offset of the text. The answer: how many bytes before the cursor to replace, by
   * what (`*replacement`), and what to list below the line (`*listing`, or NULL); both stay the
   * callee's until the next call.
   */
  int (*complete)(
    void *context, const char *text, int cursor, const char **replacement, const char **listing);
  /* What of a pasted text to insert; stays the callee's until the next call. */
  const char *(*clean_paste)(void *context, const char *text);
} EditlineCallbacks;

/* Opens the editor on standard input, drawing on standard output. 0 where it cannot. */
int editline_open(const char *program, EditlineCallbacks callbacks, int history_size);
void editline_close(void);

/*
 * Reads one statement. `prompt` may hold escape codes between \001 bytes. The text (without its
 * final newline) is `*text`, valid until the next call.
 */
int editline_read(const char *prompt, const char **text);

/* Adds an entry to those that Up and Ctrl-R find. */
void editline_add_history(const char *entry);

/* For signal handlers: notes that Ctrl-C was pressed, that the window changed. */
void editline_note_interrupt(void);
void editline_note_resize(void);
