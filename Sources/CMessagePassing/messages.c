#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/CMessagePassing.h"

// MPI's C interface, declared by hand. A handle (communicator, type, request) is a pointer with Open
// MPI and MPI 5, and an int with MPICH: both travel in one register, and an int fills the low half of
// a pointer's place in memory.

typedef uintptr_t handle;

static struct {
  int (*init)(int *, char ***);
  int (*rank)(handle, int *);
  int (*size)(handle, int *);
  int (*send)(const void *, int, handle, int, int, handle, handle *);
  int (*receive)(void *, int, handle, int, int, handle, handle *);
  int (*test)(handle *, int *, void *);
  int (*finalize)(void);
  int (*abort)(handle, int);
  handle world, byte;
  void *no_status;
} mpi;

static char failure[512];
static int own_rank, rank_count = 1;

const char *nnsh_ranks_failure(void) { return failure; }
int nnsh_rank(void) { return own_rank; }
int nnsh_rank_count(void) { return rank_count; }

static const char *const open_mpi_first[] = {
    "libmpi.so.40", "libmpi_abi.so.0", "libmpi.so", "libmpi.so.12", "libmpich.so.12", NULL};
static const char *const mpich_first[] = {
    "libmpich.so.12", "libmpi.so.12", "libmpi_abi.so.0", "libmpi.so", "libmpi.so.40", NULL};

/// Whether the library that was opened has the interface of MPI 5, which its name says.
static int is_standard;

/// Open MPI's own parts look for the library's names among all that are open.
static void *open_named(const char *name) {
  void *library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
  if (library != NULL) is_standard = strstr(name, "libmpi_abi") != NULL;
  return library;
}

/// The file that NNSH_MPI names; otherwise what belongs to the launcher, as far as names tell.
static void *open_library(void) {
  const char *wish = getenv("NNSH_MPI");
  if (wish != NULL && *wish != 0) {
    void *library = open_named(wish);
    if (library == NULL) snprintf(failure, sizeof failure, "%s", dlerror());
    return library;
  }
  const char *const *names = getenv("OMPI_COMM_WORLD_SIZE") != NULL ? open_mpi_first
      : getenv("PMI_RANK") != NULL                                  ? mpich_first
                                                                    : open_mpi_first;
  for (; *names != NULL; names++) {
    void *library = open_named(*names);
    if (library != NULL) return library;
  }
  snprintf(failure, sizeof failure, "there is no libmpi.so.40, libmpich.so.12 or libmpi_abi.so.0");
  return NULL;
}

/// Constants are addresses in Open MPI and numbers elsewhere.
static void find_constants(void *library) {
  void *world = dlsym(library, "ompi_mpi_comm_world");
  void *byte = dlsym(library, "ompi_mpi_byte");
  mpi.no_status = NULL;
  if (is_standard) {
    mpi.world = 0x101;
    mpi.byte = 0x247;
  } else if (world != NULL && byte != NULL) {
    mpi.world = (handle)world;
    mpi.byte = (handle)byte;
  } else {
    // MPICH since 3.1, Intel MPI, MVAPICH: one interface by agreement.
    mpi.world = 0x44000000;
    mpi.byte = 0x4c00010d;
    mpi.no_status = (void *)1;
  }
}

static int find_functions(void *library) {
#define FIND(field, name)                                                      \
  *(void **)&mpi.field = dlsym(library, name);                                 \
  if (mpi.field == NULL) {                                                     \
    snprintf(failure, sizeof failure, "the library of MPI has no " name);      \
    return 0;                                                                  \
  }
  FIND(init, "MPI_Init")
  FIND(rank, "MPI_Comm_rank")
  FIND(size, "MPI_Comm_size")
  FIND(send, "MPI_Isend")
  FIND(receive, "MPI_Irecv")
  FIND(test, "MPI_Test")
  FIND(finalize, "MPI_Finalize")
  FIND(abort, "MPI_Abort")
#undef FIND
  return 1;
}

int nnsh_ranks_join(void) {
  void *library = open_library();
  if (library == NULL || !find_functions(library)) return nnsh_ranks_no_library;
  find_constants(library);
  int rank = 0, count = 1;
  if (mpi.init(NULL, NULL) != 0 || mpi.rank(mpi.world, &rank) != 0 ||
      mpi.size(mpi.world, &count) != 0) {
    snprintf(failure, sizeof failure, "MPI_Init failed");
    return nnsh_ranks_failed;
  }
  own_rank = rank;
  rank_count = count;
  int expected = nnsh_launched_ranks();
  if (expected > 1 && count == 1) {
    snprintf(
        failure, sizeof failure,
        "the library of MPI is not the launcher's: it finds one process where %d were started",
        expected);
    return nnsh_ranks_no_library;
  }
  return nnsh_ranks_done;
}

// Messages larger than this go in several: MPI counts bytes by an int.
enum { most_bytes = 1 << 30, tag = 1, note_tag = 2 };

static handle *requests;
static size_t request_count, request_room, request_done;

static size_t parts_of(size_t bytes) { return (bytes + most_bytes - 1) / most_bytes; }

static int start_all(const nnsh_message *messages, int count, int is_sending) {
  for (int i = 0; i < count; i++) {
    char *data = messages[i].data;
    for (size_t rest = messages[i].bytes; rest > 0;) {
      int bytes = rest > most_bytes ? most_bytes : (int)rest;
      handle *request = &requests[request_count];
      *request = 0;
      int status = is_sending
          ? mpi.send(data, bytes, mpi.byte, messages[i].rank, tag, mpi.world, request)
          : mpi.receive(data, bytes, mpi.byte, messages[i].rank, tag, mpi.world, request);
      if (status != 0) return nnsh_ranks_failed;
      request_count++;
      data += bytes;
      rest -= (size_t)bytes;
    }
  }
  return nnsh_ranks_done;
}

int nnsh_messages_start(
    const nnsh_message *sent, int sent_count, const nnsh_message *received, int received_count) {
  size_t needed = 0;
  for (int i = 0; i < sent_count; i++) needed += parts_of(sent[i].bytes);
  for (int i = 0; i < received_count; i++) needed += parts_of(received[i].bytes);
  if (request_count + needed > request_room) {
    handle *more = realloc(requests, (request_count + needed) * sizeof *more);
    if (more == NULL) return nnsh_ranks_no_memory;
    requests = more;
    request_room = request_count + needed;
  }
  // Receiving first, so that what arrives finds its place.
  int status = start_all(received, received_count, 0);
  return status != nnsh_ranks_done ? status : start_all(sent, sent_count, 1);
}

int nnsh_messages_are_done(void) {
  for (; request_done < request_count; request_done++) {
    int is_done = 0;
    if (mpi.test(&requests[request_done], &is_done, mpi.no_status) != 0) return nnsh_ranks_failed;
    if (!is_done) return 0;
  }
  request_count = request_done = 0;
  return 1;
}

// Notes on their way: as many as fit are kept until they have been sent.
enum { most_notes = 1024 };

void nnsh_note_post(uint64_t note) {
  static uint64_t notes[most_notes];
  static handle *sent;
  static size_t count;
  if (sent == NULL) sent = calloc(most_notes * (size_t)rank_count, sizeof *sent);
  if (sent == NULL) return;
  size_t place = count++ % most_notes;
  handle *own = sent + place * (size_t)rank_count;
  for (int rank = 0; rank < rank_count; rank++) {
    int is_done = count <= most_notes || rank == own_rank;
    // The place's former note was sent a thousand notes ago, unless nobody has asked for it yet.
    if (!is_done && (mpi.test(&own[rank], &is_done, mpi.no_status) != 0 || !is_done)) return;
  }
  notes[place] = note;
  for (int rank = 0; rank < rank_count; rank++) {
    if (rank == own_rank) continue;
    mpi.send(&notes[place], sizeof note, mpi.byte, rank, note_tag, mpi.world, &own[rank]);
  }
}

int nnsh_note_take(uint64_t *note) {
  static uint64_t coming;
  static handle request;
  static int is_asked;
  if (!is_asked) {
    if (mpi.receive(&coming, sizeof coming, mpi.byte, 0, note_tag, mpi.world, &request) != 0) return 0;
    is_asked = 1;
  }
  int is_done = 0;
  if (mpi.test(&request, &is_done, mpi.no_status) != 0 || !is_done) return 0;
  is_asked = 0;
  *note = coming;
  return 1;
}

void nnsh_ranks_leave(void) {
  if (mpi.finalize != NULL && rank_count > 1) mpi.finalize();
}

/// What has been written lies in a pipe that the launcher reads: it may see first that the run is to
/// end, and then reads no more.
enum { microseconds_to_be_read = 200000 };

void nnsh_ranks_abort(int code) {
  usleep(microseconds_to_be_read);
  if (mpi.abort != NULL) mpi.abort(mpi.world, code);
  _exit(code);
}
