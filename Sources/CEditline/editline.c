#include "CEditline.h"

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

/*
 * Keys that no keyboard sends. A function bound to a real key decides what it means here and
 * queues one of these, so that libedit's own functions do the drawing, which they alone do right.
 */
#define KEY_ACCEPT "\033[990~"
#define KEY_LINE_UP "\033[991~"
#define KEY_LINE_DOWN "\033[992~"
#define KEY_HISTORY_UP "\033[993~"
#define KEY_HISTORY_DOWN "\033[994~"
#define KEY_INTERRUPT "\033[995~"
#define KEY_REFILL "\033[996~"

static EditLine *editor;
static History *history_list;
static EditlineCallbacks calls;
static const char *prompt_text = "";

static volatile sig_atomic_t interrupt_noted;
static volatile sig_atomic_t resize_noted;

/* Keys queued by our own functions, read before the terminal. */
static const char *queued = "";
static int was_interrupted;
/* How far into a key's escape sequence the terminal's bytes are: 0 outside, 1 behind ESC, 2 behind
   ESC [ or ESC O. */
static int escape_depth;
/* Text and cursor to put back after a listing was printed below the line. */
static char *refill_text;
static int refill_cursor;
static const char *listing_text;

static char *accepted;

void editline_note_interrupt(void) { interrupt_noted = 1; }
void editline_note_resize(void) { resize_noted = 1; }

static char *prompt_function(EditLine *e) {
  (void)e;
  return (char *)prompt_text;
}

/* How many further bytes a UTF-8 lead byte announces; -1 where it is none. */
static int continuation_count(unsigned char lead) {
  if (lead < 0x80) return 0;
  if (lead >= 0xC2 && lead < 0xE0) return 1;
  if (lead >= 0xE0 && lead < 0xF0) return 2;
  if (lead >= 0xF0 && lead < 0xF5) return 3;
  return -1;
}

static void follow_escape(unsigned char byte) {
  if (escape_depth == 1)
    escape_depth = byte == '[' || byte == 'O' ? 2 : 0;
  else if (escape_depth == 2)
    escape_depth = byte >= 0x40 && byte <= 0x7E ? 0 : 2;
  else
    escape_depth = byte == 0x1B;
}

/* Whether the rest of a key is on its way: an interrupt in its middle must wait for its end. */
static int key_is_arriving(void) {
  struct pollfd waiting = {.fd = STDIN_FILENO, .events = POLLIN};
  return escape_depth > 0 && poll(&waiting, 1, 20) > 0;
}

/* One byte of the terminal: 1, 0 at the end, -1 on an error; 2 where Ctrl-C came instead. */
static int read_byte(unsigned char *byte) {
  for (;;) {
    if (interrupt_noted && !key_is_arriving()) {
      interrupt_noted = 0;
      return 2;
    }
    ssize_t count = read(STDIN_FILENO, byte, 1);
    if (count > 0) follow_escape(*byte);
    if (count >= 0) return (int)count;
    if (errno != EINTR) return -1;
    if (resize_noted) {
      resize_noted = 0;
      el_resize(editor);
    }
  }
}

/* libedit's character source; its own gives up on EINTR and cannot be told what to read next. */
static int read_character(EditLine *e, wchar_t *character) {
  (void)e;
  for (;;) {
    if (*queued) {
      *character = (wchar_t)(unsigned char)*queued++;
      return 1;
    }
    unsigned char byte;
    int outcome = read_byte(&byte);
    if (outcome == 2) {
      /* What libedit has of a key already is the beginning of this one. */
      queued = &KEY_INTERRUPT[escape_depth];
      escape_depth = 0;
      continue;
    }
    if (outcome <= 0) return outcome;
    int more = continuation_count(byte);
    if (more < 0) continue;
    wchar_t value = more == 0 ? byte : byte & (0x3F >> more);
    int broken = 0;
    for (int i = 0; i < more; i++) {
      if (read_byte(&byte) != 1 || (byte & 0xC0) != 0x80) {
        broken = 1;
        break;
      }
      value = (value << 6) | (byte & 0x3F);
    }
    if (broken) continue;
    *character = value;
    return 1;
  }
}

/* The buffer as a string of its own, to be freed. */
static char *copy_of_buffer(int *cursor) {
  const LineInfo *info = el_line(editor);
  size_t length = (size_t)(info->lastchar - info->buffer);
  char *copy = malloc(length + 1);
  if (!copy) return NULL;
  memcpy(copy, info->buffer, length);
  copy[length] = 0;
  if (cursor) *cursor = (int)(info->cursor - info->buffer);
  return copy;
}

static int characters_in(const char *text, int bytes) {
  int count = 0;
  for (int i = 0; i < bytes && text[i]; i++)
    if (((unsigned char)text[i] & 0xC0) != 0x80) count++;
  return count;
}

static unsigned char enter_pressed(EditLine *e, int key) {
  (void)key;
  char *text = copy_of_buffer(NULL);
  if (!text) return CC_ERROR;
  int complete = calls.is_complete(calls.context, text);
  free(text);
  if (complete) {
    queued = KEY_ACCEPT;
    return CC_NORM;
  }
  return el_insertstr(e, "\n") == 0 ? CC_REFRESH : CC_ERROR;
}

static unsigned char up_pressed(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  int inside = memchr(info->buffer, '\n', (size_t)(info->cursor - info->buffer)) != NULL;
  queued = inside ? KEY_LINE_UP : KEY_HISTORY_UP;
  return CC_NORM;
}

static unsigned char down_pressed(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  int inside = memchr(info->cursor, '\n', (size_t)(info->lastchar - info->cursor)) != NULL;
  queued = inside ? KEY_LINE_DOWN : KEY_HISTORY_DOWN;
  return CC_NORM;
}

static unsigned char interrupt_pressed(EditLine *e, int key) {
  (void)key;
  was_interrupted = 1;
  const LineInfo *info = el_line(e);
  el_cursor(e, characters_in(info->cursor, (int)(info->lastchar - info->cursor)));
  el_insertstr(e, "^C");
  queued = KEY_ACCEPT;
  return CC_REFRESH;
}

static unsigned char tab_pressed(EditLine *e, int key) {
  (void)key;
  int cursor = 0;
  char *text = copy_of_buffer(&cursor);
  if (!text) return CC_ERROR;
  const char *replacement = NULL;
  const char *listing = NULL;
  int replaced = calls.complete(calls.context, text, cursor, &replacement, &listing);
  if (replacement) {
    int start = replaced < cursor ? cursor - replaced : 0;
    if (replaced > 0) el_deletestr(e, characters_in(text + start, cursor - start));
    if (*replacement) el_insertstr(e, replacement);
  }
  free(text);
  if (listing) {
    /* Printing below a buffer of several rows needs the cursor at its end and the display
       forgotten: end this read, print, and begin another with the same text. */
    free(refill_text);
    refill_text = copy_of_buffer(&refill_cursor);
    listing_text = listing;
    queued = KEY_ACCEPT;
    return CC_REFRESH;
  }
  return replacement ? CC_REFRESH : CC_REFRESH_BEEP;
}

static unsigned char refill(EditLine *e, int key) {
  (void)key;
  if (!refill_text) return CC_NORM;
  el_insertstr(e, refill_text);
  int length = (int)strlen(refill_text);
  if (refill_cursor < length)
    el_cursor(e, -characters_in(refill_text + refill_cursor, length - refill_cursor));
  free(refill_text);
  refill_text = NULL;
  return CC_REFRESH;
}

/* A growing text. */
typedef struct {
  char *bytes;
  size_t count, capacity;
} Text;

static int append_byte(Text *text, char byte) {
  if (text->count + 2 > text->capacity) {
    size_t capacity = text->capacity ? text->capacity * 2 : 4096;
    char *grown = realloc(text->bytes, capacity);
    if (!grown) return 0;
    text->bytes = grown;
    text->capacity = capacity;
  }
  text->bytes[text->count++] = byte;
  text->bytes[text->count] = 0;
  return 1;
}

static int ends_with(const Text *text, const char *ending) {
  size_t length = strlen(ending);
  return text->count >= length && memcmp(text->bytes + text->count - length, ending, length) == 0;
}

/* A bracketed paste, read by its bytes up to the closing mark: nothing in it is a key. */
static unsigned char paste_begins(EditLine *e, int key) {
  (void)key;
  static const char closing[] = "\033[201~";
  Text text = {0};
  int closed = 0;
  unsigned char byte;
  while (!closed && read_byte(&byte) == 1) {
    if (byte == 0) continue;
    if (!append_byte(&text, byte == '\r' ? '\n' : (char)byte)) break;
    closed = byte == '~' && ends_with(&text, closing);
  }
  if (closed) text.bytes[text.count - (sizeof closing - 1)] = 0;
  int inserted = 0;
  if (text.bytes) inserted = el_insertstr(e, calls.clean_paste(calls.context, text.bytes)) == 0;
  free(text.bytes);
  return inserted ? CC_REFRESH : CC_ERROR;
}

static void bind_key(const char *key, const char *function) {
  el_set(editor, EL_BIND, key, function, NULL);
  el_set(editor, EL_BIND, "-a", key, function, NULL);
}

static void add_functions(void) {
  el_set(editor, EL_ADDFN, "nnsh-enter", "Run the statement, or open a line", enter_pressed);
  el_set(editor, EL_ADDFN, "nnsh-up", "Line up, or history", up_pressed);
  el_set(editor, EL_ADDFN, "nnsh-down", "Line down, or history", down_pressed);
  el_set(editor, EL_ADDFN, "nnsh-interrupt", "Give the line up", interrupt_pressed);
  el_set(editor, EL_ADDFN, "nnsh-complete", "Complete a name", tab_pressed);
  el_set(editor, EL_ADDFN, "nnsh-refill", "Put a text back", refill);
  el_set(editor, EL_ADDFN, "nnsh-paste", "Insert a bracketed paste", paste_begins);
}

static void bind_keys(void) {
  bind_key(KEY_ACCEPT, "ed-newline");
  bind_key(KEY_LINE_UP, "ed-prev-line");
  bind_key(KEY_LINE_DOWN, "ed-next-line");
  bind_key(KEY_HISTORY_UP, "ed-search-prev-history");
  bind_key(KEY_HISTORY_DOWN, "ed-search-next-history");
  bind_key(KEY_INTERRUPT, "nnsh-interrupt");
  bind_key(KEY_REFILL, "nnsh-refill");
  bind_key("\033[200~", "nnsh-paste");
  bind_key("^J", "nnsh-enter");
  bind_key("^M", "nnsh-enter");
  bind_key("\033[A", "nnsh-up");
  bind_key("\033OA", "nnsh-up");
  bind_key("\033[B", "nnsh-down");
  bind_key("\033OB", "nnsh-down");
  el_set(editor, EL_BIND, "^I", "nnsh-complete", NULL);
}

/* What people expect of these keys from bash, where libedit differs; ~/.editrc may rebind them. */
static void bind_customary_keys(void) {
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_set(editor, EL_BIND, "^W", "ed-delete-prev-word", NULL);
  el_set(editor, EL_BIND, "^U", "vi-kill-line-prev", NULL);
  el_set(editor, EL_BIND, "^_", "vi-undo", NULL);
  el_set(editor, EL_BIND, "^P", "nnsh-up", NULL);
  el_set(editor, EL_BIND, "^N", "nnsh-down", NULL);
  el_set(editor, EL_BIND, "\033[1~", "ed-move-to-beg", NULL);
  el_set(editor, EL_BIND, "\033[4~", "ed-move-to-end", NULL);
  el_set(editor, EL_BIND, "\033[3~", "ed-delete-next-char", NULL);
  el_set(editor, EL_BIND, "\033[H", "ed-move-to-beg", NULL);
  el_set(editor, EL_BIND, "\033[F", "ed-move-to-end", NULL);
  el_set(editor, EL_BIND, "\033[1;5C", "em-next-word", NULL);
  el_set(editor, EL_BIND, "\033[1;5D", "ed-prev-word", NULL);
}

int editline_open(const char *program, EditlineCallbacks callbacks, int history_size) {
  /* Without a UTF-8 locale libedit drops every character beyond ASCII. */
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
  calls = callbacks;
  editor = el_init(program, stdin, stdout, stderr);
  if (!editor) return 0;
  el_set(editor, EL_SIGNAL, 0);
  el_set(editor, EL_PROMPT_ESC, prompt_function, '\1');
  el_set(editor, EL_EDITOR, "emacs");
  history_list = history_init();
  if (history_list) {
    HistEvent event;
    history(history_list, &event, H_SETSIZE, history_size);
    el_set(editor, EL_HIST, history, history_list);
  }
  add_functions();
  bind_customary_keys();
  el_source(editor, NULL);
  /* After ~/.editrc, whose `bind -v` begins a new key map; these the shell cannot do without. */
  bind_keys();
  el_set(editor, EL_GETCFN, read_character);
  return 1;
}

void editline_close(void) {
  if (history_list) history_end(history_list);
  if (editor) el_end(editor);
  history_list = NULL;
  editor = NULL;
  free(refill_text);
  free(accepted);
  refill_text = accepted = NULL;
}

void editline_add_history(const char *entry) {
  HistEvent event;
  if (history_list) history(history_list, &event, H_ENTER, entry);
}

static void write_terminal(const char *text) {
  fputs(text, stdout);
  fflush(stdout);
}

int editline_read(const char *prompt, const char **text) {
  *text = "";
  if (!editor) return EDITLINE_FAILED;
  prompt_text = prompt;
  interrupt_noted = 0;
  queued = "";
  escape_depth = 0;
  for (;;) {
    was_interrupted = 0;
    listing_text = NULL;
    if (refill_text) queued = KEY_REFILL;
    /* Raw mode before the prompt shows: el_gets sets it only when it first waits for a key, and what
       is typed until then would be echoed twice. */
    el_set(editor, EL_PREP_TERM, 1);
    /* Brackets a paste only while a line is read: a program that runs must not see the marks. */
    write_terminal("\033[?2004h");
    int count = 0;
    errno = 0;
    const char *line = el_gets(editor, &count);
    write_terminal("\033[?2004l");
    if (!line || count <= 0) return errno && errno != EINTR ? EDITLINE_FAILED : EDITLINE_END_OF_INPUT;
    if (listing_text) {
      write_terminal(listing_text);
      continue;
    }
    if (was_interrupted) return EDITLINE_INTERRUPTED;
    free(accepted);
    accepted = strdup(line);
    if (!accepted) return EDITLINE_FAILED;
    size_t length = strlen(accepted);
    if (length > 0 && accepted[length - 1] == '\n') accepted[length - 1] = 0;
    *text = accepted;
    return EDITLINE_ACCEPTED;
  }
}
