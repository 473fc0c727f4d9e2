#include "CResources.h"

const unsigned char nnsh_letters[] = {
#embed "../Datasets/Resources/letters.npz"
};
const size_t nnsh_letters_count = sizeof nnsh_letters;
