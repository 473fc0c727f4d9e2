#include <stdlib.h>

#include "include/CMessagePassing.h"

// What launchers tell the processes that they start: Open MPI, then MPICH, Intel MPI and Slurm's PMI,
// then PMIx alone.

static int number_of(const char *const *names) {
  for (; *names != NULL; names++) {
    const char *text = getenv(*names);
    if (text == NULL || *text == 0) continue;
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (*end == 0 && number >= 0 && number < 1 << 24) return (int)number;
  }
  return -1;
}

int nnsh_launched_rank(void) {
  static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", NULL};
  return number_of(names);
}

int nnsh_launched_ranks(void) {
  static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", NULL};
  int count = number_of(names);
  if (count > 0) return count;
  return nnsh_launched_rank() >= 0 ? -1 : 0;
}

int nnsh_launched_ranks_here(void) {
  static const char *const names[] = {
      "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "SLURM_NTASKS_PER_NODE", NULL};
  int count = number_of(names);
  return count > 0 ? count : 0;
}
