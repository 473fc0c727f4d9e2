#include "keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

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
  /* vi's `.` repeats what was typed, which no longer is a statement by itself; it runs nothing. */
  if (editor.is_repeating || !editor.calls.is_complete(editor.calls.context, text)) {
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

/* Through what begins as the text before the cursor, or through everything. */
static unsigned char step_history(EditLine *e, int direction, int is_narrow) {
  int cursor = 0;
  char *text = copy_of_buffer(&cursor);
  if (!text) return CC_ERROR;
  const char *entry = editor.calls.step_history(
    editor.calls.context, direction, text, is_narrow ? cursor : 0);
  free(text);
  if (!entry) return CC_ERROR;
  replace_buffer(e, entry, (int)strlen(entry));
  return CC_REFRESH;
}

static unsigned char older_shown(EditLine *e, int key) {
  (void)key;
  return step_history(e, -1, 0);
}

static unsigned char newer_shown(EditLine *e, int key) {
  (void)key;
  return step_history(e, 1, 0);
}

static unsigned char up_pressed(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  if (memchr(info->buffer, '\n', (size_t)(info->cursor - info->buffer)) == NULL)
    return step_history(e, -1, 1);
  editor.queued = KEY_LINE_UP;
  return CC_NORM;
}

static unsigned char down_pressed(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  if (memchr(info->cursor, '\n', (size_t)(info->lastchar - info->cursor)) == NULL)
    return step_history(e, 1, 1);
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

static unsigned char change_back_or_forth(EditLine *e, int direction) {
  int cursor = 0;
  const char *text = editor.calls.undo(editor.calls.context, direction, &cursor);
  if (!text) return CC_ERROR;
  replace_buffer(e, text, cursor);
  return CC_REFRESH;
}

static unsigned char undo_pressed(EditLine *e, int key) {
  (void)key;
  return change_back_or_forth(e, -1);
}

static unsigned char redo_pressed(EditLine *e, int key) {
  (void)key;
  return change_back_or_forth(e, 1);
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

/* Kills from the cursor to where a key moves it. */
static unsigned char kill_up_to(const char *keys) {
  editor.queued = keys;
  return CC_NORM;
}

static unsigned char start_killed(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  if (info->cursor == info->buffer || info->cursor[-1] == '\n') return CC_ERROR;
  return kill_up_to(KEY_SET_MARK KEY_LINE_START KEY_KILL_REGION);
}

/* At a line's end, the line break: the next line joins. */
static unsigned char end_killed(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  if (info->cursor == info->lastchar) return CC_ERROR;
  return kill_up_to(KEY_SET_MARK KEY_LINE_END KEY_KILL_REGION);
}

static unsigned char line_end(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  const char *end = memchr(info->cursor, '\n', (size_t)(info->lastchar - info->cursor));
  if (!end) end = info->lastchar;
  int count = characters_in(info->cursor, (int)(end - info->cursor));
  el_cursor(e, count > 0 ? count : 1);
  return CC_CURSOR;
}

static unsigned char text_start(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  el_cursor(e, -characters_in(info->buffer, (int)(info->cursor - info->buffer)));
  return CC_REFRESH;
}

static unsigned char text_end(EditLine *e, int key) {
  (void)key;
  move_to_end(e);
  return CC_REFRESH;
}

static int is_in_word(unsigned char byte) {
  return byte >= 0x80 || isalnum(byte) || strchr("*?_-.[]~=", byte) != NULL;
}

static unsigned char word_copied(EditLine *e, int key) {
  (void)key;
  const LineInfo *info = el_line(e);
  const char *start = info->cursor;
  while (start > info->buffer && !is_in_word((unsigned char)start[-1])) start--;
  while (start > info->buffer && is_in_word((unsigned char)start[-1])) start--;
  char *text = strndup(start, (size_t)(info->cursor - start));
  int failed = !text || !*text || el_insertstr(e, text) != 0;
  free(text);
  return failed ? CC_ERROR : CC_REFRESH;
}

/* The next character as it is, a tab among them; nothing that a key sends as several bytes. */
static unsigned char next_quoted(EditLine *e, int key) {
  (void)key;
  wchar_t character;
  if (read_character(e, &character) != 1) return CC_EOF;
  if (character == 27) editor.queued = "";
  char text[16] = "";
  if (character == '\t' || (character >= 32 && character != 127 && !is_private(character)))
    snprintf(text, sizeof text, "%lc", (wint_t)character);
  return *text && el_insertstr(e, text) == 0 ? CC_REFRESH : CC_ERROR;
}

static unsigned char change_repeated(EditLine *e, int key) {
  (void)e;
  (void)key;
  editor.is_repeating = 1;
  editor.queued = KEY_VI_REPEAT;
  /* Keeps the count that was typed before. */
  return CC_ARGHACK;
}

static unsigned char nothing_happens(EditLine *e, int key) {
  (void)e;
  (void)key;
  return CC_NORM;
}

static unsigned char clear_pressed(EditLine *e, int key) {
  (void)e;
  (void)key;
  write_terminal("\033[H\033[2J");
  draw_buffer(EDITLINE_CLEARED);
  return CC_NORM;
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
    {"nnsh-redo", "Make the change again that was taken back", redo_pressed},
    {"nnsh-older", "An older statement", older_shown},
    {"nnsh-newer", "A newer statement", newer_shown},
    {"nnsh-kill-to-start", "Delete to the beginning of the line", start_killed},
    {"nnsh-kill-to-end", "Delete to the end of the line", end_killed},
    {"nnsh-line-end", "End of the line", line_end},
    {"nnsh-text-start", "Beginning of the statement", text_start},
    {"nnsh-text-end", "End of the statement", text_end},
    {"nnsh-copy-word", "Copy the word before", word_copied},
    {"nnsh-quote", "Insert the next character", next_quoted},
    {"nnsh-repeat", "Repeat vi's last change", change_repeated},
    {"nnsh-nothing", "Nothing", nothing_happens},
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
