#pragma once

/* What the keys are bound to. */

/* What people expect of keys from other shells; ~/.editrc may bind them otherwise. */
void bind_customary_keys(int is_vi);
/* What the shell cannot do without. */
void bind_own_keys(void);

/* Whether a sequence that begins with Escape means something. */
int is_bound(const char *key);
/* Whether ~/.editrc has bound it. */
int is_bound_by_user(const char *key);
void note_bound_by_user(const char *key);
void forget_bound_by_user(void);
