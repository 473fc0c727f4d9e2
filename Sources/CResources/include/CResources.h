#pragma once
#include <stddef.h>

/// The letters data set, as the bytes of an `.npz` archive, linked into the binary.
extern const unsigned char nnsh_letters[];
extern const size_t nnsh_letters_count;
