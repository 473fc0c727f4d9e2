#include "kernels.h"

// The bits of `nnsh_attention`.
enum { interrupted = 1, memo_filled = 2, memory_short = 4, release_waits = 8,
  // From here on, what a loop need not heed.
  memo_on = nnsh_attention_limit, profile_on = 2 * nnsh_attention_limit,
  held_back = 4 * nnsh_attention_limit };
// Whether requests wait until those who must stop together have agreed.
static int is_holding;

int nnsh_attention;

static void set_flag(int bit, int value) {
  if (value) {
    __atomic_fetch_or(&nnsh_attention, bit, __ATOMIC_RELAXED);
  } else {
    __atomic_fetch_and(&nnsh_attention, ~bit, __ATOMIC_RELAXED);
  }
}

static int has_flag(int bit) { return (__atomic_load_n(&nnsh_attention, __ATOMIC_RELAXED) & bit) != 0; }

void nnsh_interrupt_request(void) {
  set_flag(__atomic_load_n(&is_holding, __ATOMIC_RELAXED) ? held_back : interrupted, 1);
}
void nnsh_interrupt_hold(int on) {
  __atomic_store_n(&is_holding, on, __ATOMIC_RELAXED);
  int from = on ? interrupted : held_back;
  if (!has_flag(from)) return;
  set_flag(on ? held_back : interrupted, 1);
  set_flag(from, 0);
}
int nnsh_interrupt_is_held_back(void) { return has_flag(held_back); }
void nnsh_interrupt_clear(void) { set_flag(interrupted, 0); }
int nnsh_interrupt_is_requested(void) { return has_flag(interrupted); }
int nnsh_memo_is_on(void) { return has_flag(memo_on); }
void nnsh_memo_set_on(int on) { set_flag(memo_on, on); }
int nnsh_memo_is_empty(void) { return !has_flag(memo_filled); }
void nnsh_memo_set_empty(int empty) { set_flag(memo_filled, !empty); }
int nnsh_profile_is_on(void) { return has_flag(profile_on); }
void nnsh_profile_set_on(int on) { set_flag(profile_on, on); }
void nnsh_memory_set_short(int is_short) { set_flag(memory_short, is_short); }
int nnsh_memory_is_short(void) { return has_flag(memory_short); }
int nnsh_must_stop(void) { return has_flag(interrupted | memory_short); }
void nnsh_release_set_waiting(int waits) { set_flag(release_waits, waits); }
int nnsh_release_waits(void) { return has_flag(release_waits); }
