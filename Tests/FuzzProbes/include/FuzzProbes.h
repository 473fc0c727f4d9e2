#pragma once
#include <stddef.h>

/// How many places of the program were reached for the first time since the last call. Always 0 in
/// a build without the compiler's coverage marks.
size_t fuzz_coverage_take_new(void);
/// Whether the build has coverage marks.
int fuzz_coverage_is_there(void);

/// How many bytes malloc has handed out and not got back.
size_t fuzz_heap_in_use(void);

/// Has malloc give free memory at the end of its heaps back at once, of which it keeps up to 64 MB:
/// what is resident then is what is held.
void fuzz_heap_keep_little(void);
