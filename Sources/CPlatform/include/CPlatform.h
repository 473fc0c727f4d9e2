#pragma once
#include <stddef.h>

/// Writes a finite number as `printf` does, with a point whatever the locale.
///
/// - conversion: f, e or g, or one of these in upper case.
/// Returns how many characters were written, at most size - 1.
int nnsh_format_number(
    char *_Nonnull text, size_t size, char conversion, int precision, double number);
