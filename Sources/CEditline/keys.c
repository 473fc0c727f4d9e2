#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "editline.h"

char *copy_of_buffer(int *cursor) {
  const LineInfo *info = el_line(editor.line);
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

static void move_to_end(EditLine *e) {
  const LineInfo *info = el_line(e);
  el_cursor(e, characters_in(info->cursor, (int)(info->lastchar - info->cursor)));
}

void replace_buffer(EditLine *e, const char *text, int cursor) {
  move_to_end(e);
  const LineInfo *info = el_line(e);
  int count = characters_in(info->buffer, (int)(info->lastchar - info->buffer));
  if (count > 0) el_deletestr(e, count);
  if (*text) el_insertstr(e, text);
  int length = (int)strlen(text);
  if (cursor < length) el_cursor(e, -characters_in(text + cursor, length - cursor));
}

static unsigned char enter_pressed(EditLine *e, int key) {
  (void)key;
  char *text = copy_of_buffer(NULL);
  if (!text) return CC_ERROR;
  if (!editor.calls.is_complete(editor.calls.context, text)) {
    free(text);
    return el_insertstr(e, "\n") == 0 ? CC_REFRESH : CC_ERROR;
  }
  draw_buffer(EDITLINE_ENDING);
  free(editor.text);
  editor.text = text;
  editor.outcome = EDITLINE_ACCEPTED;
  return CC_EOF;
}

static unsigned char line_opened(EditLine *e, int key) {
  (void)key;
  return el_insertstr(e, "\n") == 0 ? CC_REFRESH : CC_ERROR;
}

static unsigned char step_history(EditLine *e, int direction) {
  int cursor = 0;
  char *text = copy_of_buffer(&cursor);
  if (!text) return CC_ERROR;
  const char *entry = editor.calls.step_history(editor.calls.context, direction, text, cursor);
  free(text);
  if (!entry) return CC_ERROR;
  replace_buffer(e, entry, (int)strlen(entry));
  return CC_REFRESH;
}

static unsigned char up_pressed(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  if (memchr(info->buffer, '\n', (size_t)(info->cursor - info->buffer)) == NULL)
    return step_history(e, -1);
  editor.queued = KEY_LINE_UP;
  return CC_NORM;
}

static unsigned char down_pressed(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  if (memchr(info->cursor, '\n', (size_t)(info->lastchar - info->cursor)) == NULL)
    return step_history(e, 1);
  editor.queued = KEY_LINE_DOWN;
  return CC_NORM;
}

/* The same column of the line above or below, as near as that line is long. */
static unsigned char move_line(EditLine *e, int direction) {
  const LineInfo *info = el_line(e);
  const char *start = info->cursor;
  while (start > info->buffer && start[-1] != '\n') start--;
  int column = characters_in(start, (int)(info->cursor - start));
  const char *target;
  if (direction < 0) {
    if (start == info->buffer) return CC_ERROR;
    target = start - 1;
    while (target > info->buffer && target[-1] != '\n') target--;
  } else {
    target = memchr(info->cursor, '\n', (size_t)(info->lastchar - info->cursor));
    if (!target) return CC_ERROR;
    target++;
  }
  const char *place = target;
  while (column > 0 && place < info->lastchar && *place != '\n') {
    do place++;
    while (place < info->lastchar && ((unsigned char)*place & 0xC0) == 0x80);
    column--;
  }
  if (place < info->cursor)
    el_cursor(e, -characters_in(place, (int)(info->cursor - place)));
  else
    el_cursor(e, characters_in(info->cursor, (int)(place - info->cursor)));
  return CC_REFRESH;
}

static unsigned char line_up(EditLine *e, int key) {
  (void)key;
  return move_line(e, -1);
}

static unsigned char line_down(EditLine *e, int key) {
  (void)key;
  return move_line(e, 1);
}

static unsigned char tab_pressed(EditLine *e, int key) {
  (void)key;
  int cursor = 0;
  char *text = copy_of_buffer(&cursor);
  if (!text) return CC_ERROR;
  const char *replacement = NULL;
  int replaced = editor.calls.complete(editor.calls.context, text, cursor, &replacement);
  if (replacement) {
    int start = replaced < cursor ? cursor - replaced : 0;
    if (replaced > 0) el_deletestr(e, characters_in(text + start, cursor - start));
    if (*replacement) el_insertstr(e, replacement);
  }
  free(text);
  return replacement ? CC_REFRESH : CC_NORM;
}

static unsigned char undo_pressed(EditLine *e, int key) {
  (void)key;
  int cursor = 0;
  const char *text = editor.calls.undo(editor.calls.context, &cursor);
  if (!text) return CC_ERROR;
  replace_buffer(e, text, cursor);
  return CC_REFRESH;
}

static int accept_hint(EditLine *e) {
  const LineInfo *info = el_line(e);
  if (info->cursor != info->lastchar) return 0;
  char *text = copy_of_buffer(NULL);
  if (!text) return 0;
  const char *hint = editor.calls.accept_hint(editor.calls.context, text);
  free(text);
  return hint && *hint && el_insertstr(e, hint) == 0;
}

static unsigned char right_pressed(EditLine *e, int key) {
  (void)key;
  if (accept_hint(e)) return CC_REFRESH;
  const LineInfo *info = el_line(e);
  if (info->cursor == info->lastchar) return CC_ERROR;
  el_cursor(e, 1);
  return CC_REFRESH;
}

static unsigned char end_pressed(EditLine *e, int key) {
  (void)key;
  if (accept_hint(e)) return CC_REFRESH;
  const LineInfo *info = el_line(e);
  const char *end = memchr(info->cursor, '\n', (size_t)(info->lastchar - info->cursor));
  if (!end) end = info->lastchar;
  el_cursor(e, characters_in(info->cursor, (int)(end - info->cursor)));
  return CC_REFRESH;
}

static unsigned char home_pressed(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  const char *start = info->cursor;
  while (start > info->buffer && start[-1] != '\n') start--;
  el_cursor(e, -characters_in(start, (int)(info->cursor - start)));
  return CC_REFRESH;
}

/* As other shells do it, unlike the word before the cursor: back to a blank. */
static unsigned char rubout_pressed(EditLine *e, int key) {
  (void)e;
  (void)key;
  editor.queued = KEY_SET_MARK KEY_BLANK_BEFORE KEY_KILL_REGION;
  return CC_NORM;
}

static int is_blank(char byte) { return byte == ' ' || byte == '\n'; }

static unsigned char blank_before(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  const char *place = info->cursor;
  while (place > info->buffer && is_blank(place[-1])) place--;
  while (place > info->buffer && !is_blank(place[-1])) place--;
  el_cursor(e, -characters_in(place, (int)(info->cursor - place)));
  return CC_CURSOR;
}

static unsigned char clear_pressed(EditLine *e, int key) {
  (void)e;
  (void)key;
  write_terminal("\033[H\033[2J");
  draw_buffer(EDITLINE_CLEARED);
  return CC_NORM;
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
  int closed = 0, was_return = 0;
  unsigned char byte;
  while (!closed && input_read_further_byte(&byte) == INPUT_BYTE) {
    int follows_return = was_return && byte == '\n';
    was_return = byte == '\r';
    if (byte == 0 || follows_return) continue;
    if (!append_byte(&text, byte == '\r' ? '\n' : (char)byte)) break;
    closed = byte == '~' && ends_with(&text, closing);
  }
  if (closed) text.bytes[text.count - (sizeof closing - 1)] = 0;
  int inserted = 0;
  if (text.bytes)
    inserted =
      el_insertstr(e, editor.calls.clean_paste(editor.calls.context, text.bytes)) == 0;
  free(text.bytes);
  return inserted ? CC_REFRESH : CC_ERROR;
}

void add_functions(void) {
  static const struct {
    const char *name, *help;
    unsigned char (*function)(EditLine *, int);
  } functions[] = {
    {"nnsh-enter", "Run the statement, or open a line", enter_pressed},
    {"nnsh-open-line", "Open a line", line_opened},
    {"nnsh-up", "Line up, or history", up_pressed},
    {"nnsh-down", "Line down, or history", down_pressed},
    {"nnsh-line-up", "Line up", line_up},
    {"nnsh-line-down", "Line down", line_down},
    {"nnsh-complete", "Complete a name", tab_pressed},
    {"nnsh-undo", "Take the last change back", undo_pressed},
    {"nnsh-right", "Right, or accept what is shown", right_pressed},
    {"nnsh-home", "Beginning of the line", home_pressed},
    {"nnsh-end", "End of the line, or accept what is shown", end_pressed},
    {"nnsh-clear", "Clear the screen", clear_pressed},
    {"nnsh-rubout", "Delete back to a blank", rubout_pressed},
    {"nnsh-blank-before", "Back to a blank", blank_before},
    {"nnsh-search", "Search the history", search_pressed},
    {"nnsh-paste", "Insert a bracketed paste", paste_begins},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    el_set(
      editor.line, EL_ADDFN, functions[i].name, functions[i].help, functions[i].function);
}

static void bind_key(const char *key, const char *function) {
  el_set(editor.line, EL_BIND, key, function, NULL);
}

static void bind_in_both_maps(const char *key, const char *function) {
  bind_key(key, function);
  el_set(editor.line, EL_BIND, "-a", key, function, NULL);
}

void bind_own_keys(void) {
  bind_in_both_maps(KEY_LINE_UP, "nnsh-line-up");
  bind_in_both_maps(KEY_LINE_DOWN, "nnsh-line-down");
  bind_in_both_maps(KEY_ESCAPE, "vi-command-mode");
  bind_in_both_maps(KEY_SET_MARK, "em-set-mark");
  bind_in_both_maps(KEY_BLANK_BEFORE, "nnsh-blank-before");
  bind_in_both_maps(KEY_KILL_REGION, "em-kill-region");
  bind_in_both_maps("\033[200~", "nnsh-paste");
  bind_in_both_maps("^J", "nnsh-enter");
  bind_in_both_maps("^M", "nnsh-enter");
  bind_in_both_maps("^L", "nnsh-clear");
  bind_in_both_maps("\033[A", "nnsh-up");
  bind_in_both_maps("\033OA", "nnsh-up");
  bind_in_both_maps("\033[B", "nnsh-down");
  bind_in_both_maps("\033OB", "nnsh-down");
  bind_in_both_maps("\033[C", "nnsh-right");
  bind_in_both_maps("\033OC", "nnsh-right");
  bind_in_both_maps("\033[D", "ed-prev-char");
  bind_in_both_maps("\033OD", "ed-prev-char");
  bind_key("^I", "nnsh-complete");
}

static void bind_movement_keys(void) {
  static const char *const homes[] = {"\033[H", "\033OH", "\033[1~", "\033[7~"};
  static const char *const ends[] = {"\033[F", "\033OF", "\033[4~", "\033[8~"};
  for (int i = 0; i < 4; i++) {
    bind_in_both_maps(homes[i], "nnsh-home");
    bind_in_both_maps(ends[i], "nnsh-end");
  }
  bind_in_both_maps("\033[3~", "ed-delete-next-char");
  bind_in_both_maps("\033[1;5C", "em-next-word");
  bind_in_both_maps("\033[1;5D", "ed-prev-word");
}

void bind_customary_keys(int is_vi) {
  bind_movement_keys();
  bind_in_both_maps("^R", "nnsh-search");
  bind_key("^W", "nnsh-rubout");
  bind_key("^U", "vi-kill-line-prev");
  bind_key("^_", "nnsh-undo");
  bind_key("^P", "nnsh-up");
  bind_key("^N", "nnsh-down");
  bind_key("^A", "nnsh-home");
  bind_key("^E", "nnsh-end");
  if (is_vi) {
    el_set(editor.line, EL_BIND, "-a", "u", "nnsh-undo", NULL);
    el_set(editor.line, EL_BIND, "-a", "k", "nnsh-up", NULL);
    el_set(editor.line, EL_BIND, "-a", "j", "nnsh-down", NULL);
  } else {
    bind_key("^F", "nnsh-right");
    bind_key("^X^U", "nnsh-undo");
    /* Alt-Enter opens a line even where the statement could run. */
    bind_key("\033\r", "nnsh-open-line");
    bind_key("\033\n", "nnsh-open-line");
  }
}
