#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/CMessagePassing.h"
#include "sockets.h"

// The watch: a thread in every rank tells rank 0 several times a second how far the rank is; that of
// rank 0 notices who has died, left, failed or stands still while others wait, says so once and ends
// all of them.

enum { beat = 250, silence_allowed = 2500, grace = 1000, most_text = 16384 };
enum { is_alive = 1, has_left = 2, may_go = 3, is_ending = 4 };

/// What a rank tells of itself; a text of `length` bytes follows.
typedef struct {
  int32_t kind, code;
  /// How many exchanges it has begun and ended.
  uint64_t begun, ended;
  /// For how long it has waited for the others, in milliseconds.
  uint32_t waited;
  uint32_t length;
} report;

typedef struct {
  int socket;
  report latest;
  int64_t heard;
  int is_gone;
  char *text;
} member;

static uint64_t begun, ended;
static int64_t waiting_since;
static int is_on, all_may_go, fault_code = -1;
static int own_socket = -1;
static member *members;
static int64_t patience_for_waiting;
static void (*wake_up)(void);
static pthread_mutex_t sending = PTHREAD_MUTEX_INITIALIZER;

void nnsh_watch_begin_exchange(void) {
  __atomic_fetch_add(&begun, 1, __ATOMIC_SEQ_CST);
  __atomic_store_n(&waiting_since, nnsh_milliseconds(), __ATOMIC_SEQ_CST);
}

void nnsh_watch_end_exchange(void) {
  __atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
  __atomic_store_n(&waiting_since, 0, __ATOMIC_SEQ_CST);
}

int nnsh_watch_fault(void) { return __atomic_load_n(&fault_code, __ATOMIC_SEQ_CST); }

static report own_report(int kind, int code, uint32_t length) {
  int64_t since = __atomic_load_n(&waiting_since, __ATOMIC_SEQ_CST);
  report own = {kind, code, __atomic_load_n(&begun, __ATOMIC_SEQ_CST),
      __atomic_load_n(&ended, __ATOMIC_SEQ_CST), 0, length};
  if (since > 0) own.waited = (uint32_t)(nnsh_milliseconds() - since);
  return own;
}

static int tell(int socket, report what, const char *text) {
  pthread_mutex_lock(&sending);
  int is_sent = nnsh_send_all(socket, &what, sizeof what) &&
      (what.length == 0 || nnsh_send_all(socket, text, what.length));
  pthread_mutex_unlock(&sending);
  return is_sent;
}

// MARK: the end

/// Says what has happened and ends all ranks: by the thread that computes, if it looks soon, so that
/// what it has printed appears.
static void end_all(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void end_all(int code, const char *format, ...) {
  static char text[most_text + 256];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text - 1, format, arguments);
  va_end(arguments);
  if (length > (int)sizeof text - 2) length = (int)sizeof text - 2;
  if (length > 0 && text[length - 1] != '\n') text[length++] = '\n';
  if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0) code = code == 0 ? 1 : code;
  __atomic_store_n(&fault_code, code == 0 ? 1 : code & 0xFF, __ATOMIC_SEQ_CST);
  // The others are not to say that rank 0 has died.
  for (int rank = 1; members != NULL && rank < nnsh_rank_count(); rank++) {
    if (!members[rank].is_gone) tell(members[rank].socket, own_report(is_ending, code, 0), NULL);
  }
  if (wake_up != NULL) wake_up();
  usleep(grace * 1000);
  nnsh_ranks_abort(nnsh_watch_fault());
}

/// What a rank has said of its error, as it is shown for it.
static const char *shown_error(const char *text) {
  static const char lead[] = "error: ";
  return strncmp(text, lead, sizeof lead - 1) == 0 ? text + sizeof lead - 1 : text;
}

static void end_for(int rank) {
  const member *one = &members[rank];
  int code = one->latest.code;
  if (rank == 0 && code != 0) end_all(code, "%s", "");
  if (one->text != NULL && one->text[0] != 0) {
    end_all(code, "error: on rank %d: %s", rank, shown_error(one->text));
  }
  if (code != 0) {
    end_all(
        code, "error: rank %d has left with exit code %d while others wait for it", rank, code);
  }
  end_all(
      1, "error: rank %d has come to its end while others wait for it: all ranks must train together",
      rank);
}

// MARK: rank 0

/// Takes what a rank says; 0 where it is gone.
static int hear(member *one) {
  report heard;
  if (!nnsh_receive_all(one->socket, &heard, sizeof heard) || heard.length > most_text) return 0;
  if (heard.length > 0) {
    char *text = malloc(heard.length + 1);
    if (text == NULL || !nnsh_receive_all(one->socket, text, heard.length)) return 0;
    text[heard.length] = 0;
    free(one->text);
    one->text = text;
  }
  one->heard = nnsh_milliseconds();
  // Who has left may still be heard of.
  if (one->latest.kind != has_left) one->latest = heard;
  return 1;
}

static void listen_to_all(void) {
  int count = nnsh_rank_count();
  struct pollfd waiting[count];
  for (int rank = 0; rank < count; rank++) {
    int is_heard = rank > 0 && !members[rank].is_gone;
    waiting[rank] = (struct pollfd){is_heard ? members[rank].socket : -1, POLLIN, 0};
  }
  if (poll(waiting, (nfds_t)count, beat) <= 0) return;
  for (int rank = 1; rank < count; rank++) {
    if (waiting[rank].revents != 0 && !hear(&members[rank])) members[rank].is_gone = 1;
  }
}

/// Looks at who waits for whom.
static void judge(void) {
  int count = nnsh_rank_count();
  uint64_t furthest = 0;
  uint32_t longest = 0;
  int64_t now = nnsh_milliseconds();
  for (int rank = 0; rank < count; rank++) {
    const member *one = &members[rank];
    int has_ended = one->latest.kind == has_left;
    if (one->is_gone && !has_ended) {
      end_all(1, "error: rank %d has died: no rank can go on without it", rank);
    }
    if (rank > 0 && !has_ended && now - one->heard > silence_allowed) {
      end_all(
          1, "error: rank %d has not been heard of for %.1f seconds: it stands still, or its machine does",
          rank, silence_allowed / 1000.0);
    }
    if (!has_ended && one->latest.begun > one->latest.ended && one->latest.begun >= furthest) {
      if (one->latest.begun > furthest || one->latest.waited > longest) longest = one->latest.waited;
      furthest = one->latest.begun;
    }
  }
  for (int rank = 0; rank < count; rank++) {
    const member *one = &members[rank];
    if (one->latest.begun >= furthest) continue;
    if (one->latest.kind == has_left) end_for(rank);
    if (longest > patience_for_waiting) {
      end_all(
          1,
          "error: rank %d has kept the others waiting for %d seconds: is it in a loop of its own? "
          "NNSH_PATIENCE=600 lets them wait for ten minutes",
          rank, (int)(longest / 1000));
    }
  }
}

/// Whether everybody has come to the end.
static int have_all_left(void) {
  for (int rank = 0; rank < nnsh_rank_count(); rank++) {
    if (members[rank].latest.kind != has_left) return 0;
  }
  return 1;
}

/// Says what went wrong on other ranks alone.
static int final_code(void) {
  int code = members[0].latest.code;
  for (int rank = 1; rank < nnsh_rank_count(); rank++) {
    const member *one = &members[rank];
    if (one->latest.code != 0 && code == 0) code = one->latest.code;
    const char *own = members[0].text == NULL ? "" : members[0].text;
    if (one->text == NULL || one->text[0] == 0 || strcmp(one->text, own) == 0) continue;
    fprintf(stderr, "error: on rank %d: %s", rank, shown_error(one->text));
    break;
  }
  return code;
}

static void *watch_all(void *unused) {
  while (!have_all_left()) {
    listen_to_all();
    if (members[0].latest.kind != has_left) {
      pthread_mutex_lock(&sending);
      if (members[0].latest.kind != has_left) members[0].latest = own_report(is_alive, 0, 0);
      pthread_mutex_unlock(&sending);
    }
    judge();
  }
  int code = final_code();
  for (int rank = 1; rank < nnsh_rank_count(); rank++) {
    tell(members[rank].socket, own_report(may_go, code, 0), NULL);
  }
  members[0].latest.code = code;
  __atomic_store_n(&all_may_go, 1, __ATOMIC_SEQ_CST);
  return unused;
}

// MARK: the others

static void *tell_of_self(void *unused) {
  for (;;) {
    struct pollfd waiting = {own_socket, POLLIN, 0};
    if (poll(&waiting, 1, beat) > 0) {
      report said;
      if (nnsh_receive_all(own_socket, &said, sizeof said)) {
        if (said.kind == may_go) break;
        return unused;
      }
      // Rank 0 is no more: it is for the next one to say so.
      if (nnsh_rank() > 1) usleep(grace * 1000);
      end_all(1, "error: rank 0 has died: no rank can go on without it");
    }
    tell(own_socket, own_report(is_alive, 0, 0), NULL);
  }
  __atomic_store_n(&all_may_go, 1, __ATOMIC_SEQ_CST);
  return unused;
}

// MARK: beginning and end

static int wait_for_messages(void) {
  int state;
  while ((state = nnsh_messages_are_done()) == 0) usleep(100);
  return state == 1;
}

/// Tells everybody where rank 0 is.
static int share(nnsh_meeting_place *place) {
  int count = nnsh_rank_count(), used = 0;
  nnsh_message messages[count];
  if (nnsh_rank() == 0) {
    for (int rank = 1; rank < count; rank++) {
      messages[used++] = (nnsh_message){place, sizeof *place, rank};
    }
    return nnsh_messages_start(messages, used, messages, 0) == 0 && wait_for_messages();
  }
  messages[0] = (nnsh_message){place, sizeof *place, 0};
  return nnsh_messages_start(messages, 0, messages, 1) == 0 && wait_for_messages();
}

static void meet_all(int listener, const nnsh_meeting_place *place) {
  int64_t end = nnsh_milliseconds() + 10000;
  for (int met = 1; met < nnsh_rank_count() && nnsh_milliseconds() < end;) {
    int rank = 0;
    int socket = nnsh_accept_rank(listener, place, &rank, (int)(end - nnsh_milliseconds()));
    if (socket < 0) continue;
    if (rank < 1 || rank >= nnsh_rank_count() || members[rank].socket >= 0) {
      close(socket);
      continue;
    }
    members[rank].socket = socket;
    met++;
  }
  close(listener);
}

static int start_thread(void *(*body)(void *)) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int failed = pthread_create(&thread, NULL, body, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!failed) pthread_detach(thread);
  return !failed;
}

int nnsh_watch_start(void (*on_fault)(void), int seconds_of_patience) {
  wake_up = on_fault;
  patience_for_waiting = (int64_t)seconds_of_patience * 1000;
  nnsh_meeting_place place;
  int count = nnsh_rank_count();
  int listener = -1;
  if (nnsh_rank() == 0) {
    listener = nnsh_open_meeting_place(&place, nnsh_launched_ranks_here() == count);
    members = calloc((size_t)count, sizeof *members);
    if (members == NULL) return 0;
    for (int rank = 0; rank < count; rank++) members[rank].socket = -1;
    if (listener < 0) place.port = 0;
  }
  if (!share(&place)) return 0;
  if (place.port == 0) return 0;
  if (nnsh_rank() != 0) {
    own_socket = nnsh_meet(&place, nnsh_rank());
    is_on = own_socket >= 0 && start_thread(tell_of_self);
    return is_on;
  }
  meet_all(listener, &place);
  for (int rank = 0; rank < count; rank++) {
    if (rank > 0 && members[rank].socket < 0) return 0;
    members[rank].heard = nnsh_milliseconds();
  }
  is_on = start_thread(watch_all);
  return is_on;
}

int nnsh_watch_leave(int code, const char *text) {
  if (!is_on) return code;
  size_t length = strlen(text);
  if (length > most_text) length = most_text;
  report own = own_report(has_left, code, (uint32_t)length);
  if (nnsh_rank() != 0) {
    tell(own_socket, own, text);
  } else {
    pthread_mutex_lock(&sending);
    members[0].text = strndup(text, length);
    members[0].latest = own;
    pthread_mutex_unlock(&sending);
  }
  while (!__atomic_load_n(&all_may_go, __ATOMIC_SEQ_CST)) {
    if (nnsh_watch_fault() >= 0) nnsh_ranks_abort(nnsh_watch_fault());
    usleep(2000);
  }
  return nnsh_rank() == 0 ? members[0].latest.code : code;
}
