#include <stdlib.h>
#include <string.h>

#include "editline.h"
#include "keys.h"

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

/* What is longer belongs into a file: the editor would be too slow with it. */
enum { LONGEST_PASTE = 1 << 24 };

/* A bracketed paste, read by its bytes up to the closing mark: nothing in it is a key. */
unsigned char paste_begins(EditLine *e, int key) {
  (void)key;
  static const char closing[] = "\033[201~";
  Text text = {0};
  int closed = 0, was_return = 0, is_too_long = 0;
  unsigned char byte;
  while (!closed && input_read_further_byte(&byte) == INPUT_BYTE) {
    int follows_return = was_return && byte == '\n';
    was_return = byte == '\r';
    if (byte == 0 || follows_return) continue;
    if (text.count >= LONGEST_PASTE) {
      /* Only the closing mark is looked for still. */
      memmove(text.bytes, text.bytes + text.count - sizeof closing, sizeof closing);
      text.count = sizeof closing;
      is_too_long = 1;
    }
    if (!append_byte(&text, byte == '\r' ? '\n' : (char)byte)) break;
    closed = byte == '~' && ends_with(&text, closing);
  }
  if (closed) text.bytes[text.count - (sizeof closing - 1)] = 0;
  int inserted = 0;
  if (is_too_long) {
    write_terminal("\a");
  } else if (text.bytes) {
    const char *cleaned = editor.calls.clean_paste(editor.calls.context, text.bytes);
    inserted = cleaned && el_insertstr(e, cleaned) == 0;
  }
  free(text.bytes);
  return inserted ? CC_REFRESH : CC_ERROR;
}
