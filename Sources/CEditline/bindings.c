#include "bindings.h"

#include <stdlib.h>
#include <string.h>

#include "keys.h"

typedef struct {
  const char *key, *function;
} Binding;

/* In all key maps. Sequences are those of xterm, into which others are put. */
static const Binding own[] = {
  {KEY_LINE_UP, "nnsh-line-up"},
  {KEY_LINE_DOWN, "nnsh-line-down"},
  {KEY_SET_MARK, "em-set-mark"},
  {KEY_BLANK_BEFORE, "nnsh-blank-before"},
  {KEY_KILL_REGION, "em-kill-region"},
  {KEY_LINE_START, "nnsh-home"},
  {KEY_LINE_END, "nnsh-line-end"},
  {"\033[200~", "nnsh-paste"},
  {"^J", "nnsh-enter"},
  {"^M", "nnsh-enter"},
  {"^L", "nnsh-clear"},
  {"\033[A", "nnsh-up"},
  {"\033[B", "nnsh-down"},
  {"\033[C", "nnsh-right"},
  {"\033[D", "ed-prev-char"},
};

static const Binding customary[] = {
  {"\033[H", "nnsh-home"},
  {"\033[F", "nnsh-end"},
  {"\033[3~", "ed-delete-next-char"},
  {"\033[5~", "nnsh-older"},
  {"\033[6~", "nnsh-newer"},
  /* With Shift: nothing can be marked, so they move. */
  {"\033[1;2A", "nnsh-up"},
  {"\033[1;2B", "nnsh-down"},
  {"\033[1;2C", "nnsh-right"},
  {"\033[1;2D", "ed-prev-char"},
  {"\033[1;2H", "nnsh-home"},
  {"\033[1;2F", "nnsh-end"},
  {"\033[3;2~", "ed-delete-next-char"},
  /* With Alt. */
  {"\033[1;3A", "nnsh-older"},
  {"\033[1;3B", "nnsh-newer"},
  {"\033[1;3C", "em-next-word"},
  {"\033[1;3D", "ed-prev-word"},
  {"\033[1;3H", "nnsh-text-start"},
  {"\033[1;3F", "nnsh-text-end"},
  {"\033[3;3~", "em-delete-next-word"},
  {"\033[1;4C", "em-next-word"},
  {"\033[1;4D", "ed-prev-word"},
  /* With Ctrl. */
  {"\033[1;5A", "nnsh-older"},
  {"\033[1;5B", "nnsh-newer"},
  {"\033[1;5C", "em-next-word"},
  {"\033[1;5D", "ed-prev-word"},
  {"\033[1;5H", "nnsh-text-start"},
  {"\033[1;5F", "nnsh-text-end"},
  {"\033[3;5~", "em-delete-next-word"},
  {"\033[1;6C", "em-next-word"},
  {"\033[1;6D", "ed-prev-word"},
  {"\033[1;7C", "em-next-word"},
  {"\033[1;7D", "ed-prev-word"},
  {"^R", "nnsh-search"},
};

/* Where text is typed, in emacs's keys and in vi's. */
static const Binding inserting[] = {
  {"^W", "nnsh-rubout"},
  {"^U", "nnsh-kill-to-start"},
  {"^K", "nnsh-kill-to-end"},
  {"^V", "nnsh-quote"},
  {"^_", "nnsh-undo"},
  {"^P", "nnsh-older"},
  {"^N", "nnsh-newer"},
  {"^A", "nnsh-home"},
  {"^E", "nnsh-end"},
};

static const Binding emacs[] = {
  {"^F", "nnsh-right"},
  {"^X^U", "nnsh-undo"},
  {"\033/", "nnsh-redo"},
  {"\033\177", "ed-delete-prev-word"},
  /* libedit's own copies from memory that it has given back, where the line grows. */
  {"\033^_", "nnsh-copy-word"},
  {"\033^H", "ed-delete-prev-word"},
  {"\033<", "nnsh-text-start"},
  {"\033>", "nnsh-text-end"},
  /* Alt-Enter opens a line even where the statement could run. */
  {"\033^M", "nnsh-open-line"},
  {"\033^J", "nnsh-open-line"},
  {KEY_ESCAPE, "nnsh-nothing"},
  /* libedit's own history and prompts, of which nothing is drawn; its mark may lie past the end. */
  {"\033p", "nnsh-older"},
  {"\033P", "nnsh-older"},
  {"\033n", "nnsh-newer"},
  {"\033N", "nnsh-newer"},
  {"\033x", "nnsh-nothing"},
  {"\033X", "nnsh-nothing"},
  {"\033^L", "nnsh-clear"},
  {"^X^X", "nnsh-nothing"},
  {"^S", "nnsh-nothing"},
  /* Counts of up to a million, which a key typed by mistake would repeat something by. */
  {"\0330", "nnsh-nothing"}, {"\0331", "nnsh-nothing"}, {"\0332", "nnsh-nothing"},
  {"\0333", "nnsh-nothing"}, {"\0334", "nnsh-nothing"}, {"\0335", "nnsh-nothing"},
  {"\0336", "nnsh-nothing"}, {"\0337", "nnsh-nothing"}, {"\0338", "nnsh-nothing"},
  {"\0339", "nnsh-nothing"}, {"\033-", "nnsh-nothing"},
};

static const Binding vi_inserting[] = {
  {KEY_ESCAPE, "vi-command-mode"},
  {KEY_VI_INSERT, "vi-insert"},
};

static const Binding vi_commanding[] = {
  {KEY_ESCAPE, "vi-command-mode"},
  {KEY_VI_REPEAT, "vi-redo"},
  {".", "nnsh-repeat"},
  {"u", "nnsh-undo"},
  {"U", "nnsh-undo"},
  {"k", "nnsh-up"},
  {"j", "nnsh-down"},
  {"-", "nnsh-older"},
  {"+", "nnsh-newer"},
  {"^P", "nnsh-older"},
  {"^N", "nnsh-newer"},
  {"/", "nnsh-search"},
  {"?", "nnsh-search"},
  {"^U", "nnsh-kill-to-start"},
  {"^_", "nnsh-undo"},
  /* libedit's own history, prompts and editor, of which nothing is drawn. */
  {"n", "nnsh-nothing"},
  {"N", "nnsh-nothing"},
  {"J", "nnsh-nothing"},
  {"K", "nnsh-nothing"},
  {"G", "nnsh-nothing"},
  {"v", "nnsh-nothing"},
  {":", "nnsh-nothing"},
  {"@", "nnsh-nothing"},
  {"#", "nnsh-nothing"},
  {"_", "nnsh-nothing"},
};

#define COUNT(table) (sizeof table / sizeof *table)

enum { MAIN_MAP = 1, COMMAND_MAP = 2 };

static void bind_all(const Binding *bindings, size_t count, int maps) {
  for (size_t i = 0; i < count; i++) {
    if (maps & MAIN_MAP)
      el_set(editor.line, EL_BIND, bindings[i].key, bindings[i].function, NULL);
    if (maps & COMMAND_MAP)
      el_set(editor.line, EL_BIND, "-a", bindings[i].key, bindings[i].function, NULL);
  }
}

void bind_customary_keys(int is_vi) {
  bind_all(customary, COUNT(customary), MAIN_MAP | COMMAND_MAP);
  bind_all(inserting, COUNT(inserting), MAIN_MAP);
  if (is_vi) {
    bind_all(vi_inserting, COUNT(vi_inserting), MAIN_MAP);
    bind_all(vi_commanding, COUNT(vi_commanding), COMMAND_MAP);
  } else {
    bind_all(emacs, COUNT(emacs), MAIN_MAP);
  }
}

void bind_own_keys(void) {
  static const Binding tab[] = {{"^I", "nnsh-complete"}};
  bind_all(own, COUNT(own), MAIN_MAP | COMMAND_MAP);
  bind_all(tab, 1, MAIN_MAP);
}

/* The keys of ~/.editrc that begin with Escape. */
static char **user_keys;
static size_t user_count;

int is_bound_by_user(const char *key) {
  for (size_t i = 0; i < user_count; i++)
    if (strcmp(user_keys[i], key) == 0) return 1;
  return 0;
}

void note_bound_by_user(const char *key) {
  if (key[0] != 27 || is_bound_by_user(key)) return;
  char **grown = realloc(user_keys, (user_count + 1) * sizeof *grown);
  char *kept = grown ? strdup(key) : NULL;
  if (grown) user_keys = grown;
  if (kept) user_keys[user_count++] = kept;
}

void forget_bound_by_user(void) {
  for (size_t i = 0; i < user_count; i++) free(user_keys[i]);
  free(user_keys);
  user_keys = NULL;
  user_count = 0;
}

static int is_in(const Binding *bindings, size_t count, const char *key) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(bindings[i].key, key) == 0) return 1;
  return 0;
}

int is_bound(const char *key) {
  return is_in(own, COUNT(own), key) || is_in(customary, COUNT(customary), key)
    || is_bound_by_user(key);
}
