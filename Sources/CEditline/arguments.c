#include "include/CEditline.h"

static int count;
static char **words;

/*
 * glibc gives what `main` is given to the functions that run before it, too. Swift reads the
 * arguments from /proc, which a container may lack.
 */
__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
  count = argc;
  words = argv;
}

int editline_argument_count(void) { return count; }

const char *editline_argument(int index) { return index >= 0 && index < count ? words[index] : 0; }
