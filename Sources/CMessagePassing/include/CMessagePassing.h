#pragma once
#include <stddef.h>
#include <stdint.h>

/// Messages between the processes that a launcher of MPI (`mpirun`, `srun`) has started together.
/// The library is opened only under a launcher, whichever it is: Open MPI 4 or 5, MPICH and what
/// shares its interface, or any with the interface of MPI 5. Nothing is linked.

enum {
  nnsh_ranks_done = 0,
  /// No library of MPI was found, or what was found lacks a function.
  nnsh_ranks_no_library = -1,
  nnsh_ranks_no_memory = -2,
  /// A call of the library failed.
  nnsh_ranks_failed = -3,
};

/// How many processes a launcher says that it has started: 0 where there is none, -1 where it does
/// not say. Opens nothing.
int nnsh_launched_ranks(void);
/// Which of them this is, as the launcher says; -1 where it does not.
int nnsh_launched_rank(void);
/// How many of them share this machine, as the launcher says; 0 where it does not.
int nnsh_launched_ranks_here(void);

/// Opens the library and joins the others; all of them call this. To be called once, by the thread
/// that makes all other calls.
int nnsh_ranks_join(void);
/// Why joining failed.
const char *_Nonnull nnsh_ranks_failure(void);
int nnsh_rank(void);
int nnsh_rank_count(void);

/// Bytes that go to a rank or come from it.
typedef struct {
  void *_Nullable data;
  size_t bytes;
  int rank;
} nnsh_message;

/// Starts to send and to receive; messages between two ranks arrive in the order in which they are
/// given, beside those that were started before.
int nnsh_messages_start(
    const nnsh_message *_Nonnull sent, int sent_count, const nnsh_message *_Nonnull received,
    int received_count);
/// 1 once all have been sent and received, 0 before; below 0 where the library failed.
int nnsh_messages_are_done(void);

/// Sends a number to all other ranks, and does not wait for them.
void nnsh_note_post(uint64_t note);
/// Takes the next number that rank 0 has posted, in their order; 0 where none has come yet.
int nnsh_note_take(uint64_t *_Nonnull note);

/// Leaves together with the others. Nothing may be sent afterwards.
void nnsh_ranks_leave(void);
/// Ends all ranks; the launcher ends with this code.
_Noreturn void nnsh_ranks_abort(int code);

/// Starts to watch: from now on a rank that dies, stands still for long, or leaves while others wait
/// for it ends all, with one message on standard error that names it. All ranks call this.
///
/// - `on_fault` is called by another thread when that happens; `nnsh_watch_fault` then gives the
///   exit code, and whoever computes is to flush its output and call `nnsh_ranks_abort` soon.
/// - `seconds_of_patience`: for how long ranks may wait for another that computes.
///
/// Gives whether it works; without connections between the machines it does not.
int nnsh_watch_start(void (*_Nonnull on_fault)(void), int seconds_of_patience);
/// Below 0 while all is well.
int nnsh_watch_fault(void);
/// To be called around each exchange.
void nnsh_watch_begin_exchange(void);
void nnsh_watch_end_exchange(void);
/// Waits for the others' ends. The text is this rank's error, empty for none; rank 0 has shown its
/// own, and shows those of other ranks that are not the same.
///
/// Gives the exit code: on rank 0 that of the first rank that has failed.
int nnsh_watch_leave(int code, const char *_Nonnull text);
