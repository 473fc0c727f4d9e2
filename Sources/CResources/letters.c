#include "CResources.h"

// An array of unknown length does not import into Swift, so two functions stand before it.
static const unsigned char letters[] = {
#embed "../Datasets/Resources/letters.npz"
};

const unsigned char *nnsh_letters(void) { return letters; }

size_t nnsh_letters_count(void) { return sizeof letters; }
