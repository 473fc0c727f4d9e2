#pragma once
#include <stddef.h>

/// The letters data set, as the bytes of an `.npz` archive, linked into the binary.
const unsigned char *nnsh_letters(void);

/// The number of those bytes.
size_t nnsh_letters_count(void);
