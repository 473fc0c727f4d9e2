#include <malloc.h>

#include "FuzzProbes.h"

size_t fuzz_heap_in_use(void) {
#if defined(__GLIBC__)
  struct mallinfo2 told = mallinfo2();
  return told.uordblks + told.hblkhd;
#else
  return 0;
#endif
}
