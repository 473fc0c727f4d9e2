#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "editline.h"
#include "keys.h"

/*
 * Ctrl-R. libedit's own search takes what is typed for a regular expression: `x * 2` and `W[0` would
 * not be found.
 */

enum { CONTROL_G = 7, CONTROL_H = 8, CONTROL_R = 18, CONTROL_S = 19, ESCAPE = 27, RUBOUT = 127 };

/* A key that is not the search's ends it and means what it always does. */
static void hand_back(wchar_t key) {
  static char keys[32];
  snprintf(keys, sizeof keys, "%lc%s", (wint_t)key, editor.queued);
  editor.queued = keys;
}

static int step_of(wchar_t key) {
  switch (key) {
  case CONTROL_R: return EDITLINE_SEARCH_OLDER;
  case CONTROL_S: return EDITLINE_SEARCH_NEWER;
  case CONTROL_H:
  case RUBOUT: return EDITLINE_SEARCH_ERASED;
  default: return key >= 32 && !is_private(key) ? EDITLINE_SEARCH_TYPED : -1;
  }
}

static void show(EditLine *e, int step, const char *typed) {
  int cursor = 0;
  const char *found = editor.calls.search(editor.calls.context, step, typed, &cursor);
  if (found) replace_buffer(e, found, cursor);
}

unsigned char search_pressed(EditLine *e, int key) {
  (void)key;
  int cursor = 0;
  char *before = copy_of_buffer(&cursor);
  if (!before) return CC_ERROR;
  unsigned char result = CC_REFRESH;
  show(e, EDITLINE_SEARCH_BEGIN, "");
  for (;;) {
    wchar_t pressed;
    if (read_character(e, &pressed) != 1) {
      result = CC_EOF;
      break;
    }
    if (pressed == CONTROL_G) {
      replace_buffer(e, before, cursor);
      break;
    }
    int step = step_of(pressed);
    if (step < 0) {
      hand_back(pressed);
      break;
    }
    char typed[8] = "";
    if (step == EDITLINE_SEARCH_TYPED) snprintf(typed, sizeof typed, "%lc", (wint_t)pressed);
    show(e, step, typed);
  }
  show(e, EDITLINE_SEARCH_END, "");
  free(before);
  return result;
}
