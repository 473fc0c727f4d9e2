#pragma once

#include <png.h>
#include <setjmp.h>

#include "CPng.h"

/* Where libpng's errors go. The structure outlives the jump: it is the caller's, in memory whose
 * address libpng holds, so that what is written before a jump is there after it. */
struct png_failure {
  enum png_result result;
  char *message;
};

/* Notes the error and jumps to where the work began. */
void png_file_failed(png_structp png, png_const_charp text);

/* Warnings are about what is passed over. */
void png_file_warned(png_structp png, png_const_charp text);
