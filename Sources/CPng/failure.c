#include <string.h>

#include "png_file.h"

void png_file_failed(png_structp png, png_const_charp text) {
  struct png_failure *failure = png_get_error_ptr(png);
  strncpy(failure->message, text, PNG_MESSAGE_SIZE - 1);
  failure->message[PNG_MESSAGE_SIZE - 1] = 0;
  failure->result = strstr(text, "ut of memory") || strstr(text, "nsufficient memory")
                        ? PNG_NO_MEMORY
                        : PNG_UNSOUND;
  png_longjmp(png, 1);
}

void png_file_warned(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}
