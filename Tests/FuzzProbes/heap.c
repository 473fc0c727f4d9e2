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

void fuzz_heap_keep_little(void) {
#if defined(__GLIBC__)
  mallopt(M_TRIM_THRESHOLD, 128 << 10);
#endif
}
