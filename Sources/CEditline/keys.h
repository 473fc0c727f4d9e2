#pragma once

#include <histedit.h>

#include "include/CEditline.h"

/* The functions that keys are bound to, and the keys. */

/*
 * Keys that no keyboard sends. They are queued where something else than a key, or a key that
 * means several things, asks for a function.
 */
#define KEY_LINE_UP "\033[991~"
#define KEY_LINE_DOWN "\033[992~"
#define KEY_ESCAPE "\033[996~"

typedef struct {
  EditLine *line;
  EditlineCallbacks calls;
  /* Bytes read before those of the terminal. */
  const char *queued;
  char pushed[2];
  /* What the read that is under way will have ended with. */
  int outcome;
  char *text;
  int termination_signal;
} Editor;

extern Editor editor;

void add_functions(void);
/* What people expect of keys from other shells, where libedit differs; ~/.editrc may rebind them. */
void bind_customary_keys(int is_vi);
/* What the shell cannot do without. */
void bind_own_keys(void);

/* The buffer as a string of its own, to be freed. */
char *copy_of_buffer(int *cursor);
void draw_buffer(int reason);
void write_terminal(const char *text);
