#include "CPlatform.h"

#include <stdio.h>

int nnsh_format_number(
    char *text, size_t size, char conversion, int precision, double number) {
  if (size == 0) return 0;
  const char pattern[] = {'%', '.', '*', conversion, 0};
  int length = snprintf(text, size, pattern, precision, number);
  if (length < 0) return 0;
  if ((size_t)length >= size) length = (int)size - 1;
  for (int place = 0; place < length; ++place) {
    if (text[place] == ',') text[place] = '.';
  }
  return length;
}
