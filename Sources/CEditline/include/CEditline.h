#pragma once

/*
 * libedit for Swift: its functions are variadic, which Swift cannot call, and its callbacks carry
 * no context. One editor, used by one thread (libedit keeps static state).
 *
 * libedit reads the keys and edits the buffer; it draws nothing. Before the editor waits for a key
 * it asks for the buffer to be drawn.
 */

/* What a read ended with. */
enum {
  EDITLINE_ACCEPTED = 0,
  EDITLINE_END_OF_INPUT = 1,
  EDITLINE_INTERRUPTED = 2,
  /* The process was told to end (SIGTERM, SIGHUP); the terminal is as it was before. */
  EDITLINE_TERMINATED = 3
};

/* What asks for a drawing. */
enum {
  /* A key is waited for. */
  EDITLINE_WAITING = 0,
  /* More keys have already come; the state is told, nothing need be drawn. */
  EDITLINE_BUSY = 1,
  /* The read ends: draw the text alone and leave the cursor on the line below it. */
  EDITLINE_ENDING = 2,
  /* As `ENDING`, for a text that was given up. */
  EDITLINE_ABANDONING = 3,
  /* The window has another size, or something else was written: nothing drawn can be relied on. */
  EDITLINE_RESIZED = 4,
  EDITLINE_CLEARED = 5
};

/* What happens in a search of the history. */
enum {
  EDITLINE_SEARCH_BEGIN = 0,
  EDITLINE_SEARCH_TYPED = 1,
  EDITLINE_SEARCH_ERASED = 2,
  EDITLINE_SEARCH_OLDER = 3,
  EDITLINE_SEARCH_NEWER = 4,
  EDITLINE_SEARCH_END = 5
};

/* What the editor asks of the shell; every text is UTF-8, places in it are counted in bytes. */
typedef struct {
  void *context;
  /* Whether Enter runs the text (1) or opens a further line (0). */
  int (*is_complete)(void *context, const char *text);
  /*
   * Tab: how many bytes before the cursor to replace, and by what (`*replacement`, NULL for
   * nothing); it stays the callee's until the next call.
   */
  int (*complete)(void *context, const char *text, int cursor, const char **replacement);
  /* What of a pasted text to insert; stays the callee's until the next call. */
  const char *(*clean_paste)(void *context, const char *text);
  /*
   * An older (-1) or newer (1) entry of the history that begins as the text before the cursor: what
   * to show instead, NULL to stay.
   */
  const char *(*step_history)(void *context, int direction, const char *text, int cursor);
  /*
   * The text before the last change (-1), or after the next one that was taken back (1), with its
   * cursor; NULL where there is none.
   */
  const char *(*undo)(void *context, int direction, int *cursor);
  /* What Right at the end of a text accepts; NULL for nothing. */
  const char *(*accept_hint)(void *context, const char *text);
  /*
   * A step of a search, with the character typed: the entry to show instead of the text and where
   * the cursor stands in it; NULL to leave it.
   */
  const char *(*search)(void *context, int step, const char *typed, int *cursor);
  /* Draws the text, or notes it. */
  void (*draw)(void *context, const char *text, int length, int cursor, int reason);
} EditlineCallbacks;

/*
 * Opens the editor on standard input, with the keys of emacs or of vi. 0 where it cannot. Then come
 * the person's own keys, and `editline_bind_own_keys`.
 */
int editline_open(const char *program, EditlineCallbacks callbacks, int is_vi);
/*
 * One `bind` of ~/.editrc: its words, without quotes, and the bytes of the key. The caller has
 * looked at them: libedit does not. 0 where libedit refuses them.
 */
int editline_bind(const char *const *words, int count, const char *key);
/* The keys that the shell cannot do without. */
void editline_bind_own_keys(void);
void editline_close(void);

/* Lets the next read begin with a byte that was read elsewhere. */
void editline_give_back(unsigned char byte);

/* Reads one statement: its text is `*text`, valid until the next call. */
int editline_read(const char **text);

/* The signal that ended the last read with `EDITLINE_TERMINATED`. */
int editline_termination_signal(void);

/* The words that the process was started with; the first one is its name. */
int editline_argument_count(void);
/* NULL where there is none. */
const char *editline_argument(int index);

/* Around another program that the person at the terminal uses, as a pager. */
void editline_lend_terminal(void);
void editline_take_terminal(void);

/* Before a read: what Ctrl-C stopped has been dealt with. */
void editline_forget_interrupt(void);

/* For signal handlers: notes that Ctrl-C was pressed, that the window changed. */
void editline_note_interrupt(void);
void editline_note_resize(void);
