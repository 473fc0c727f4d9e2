#pragma once

#include <histedit.h>
#include <wchar.h>

#include "include/CEditline.h"

/* The functions that keys are bound to, and the keys. */

/*
 * Keys that no keyboard sends. They are queued where something else than a key, or a key that
 * means several things, asks for a function. Each is one character, a control character beyond
 * ASCII (U+0081 and on): of a longer key, vi's `.` would repeat the last character alone, as if it
 * were typed.
 */
#define KEY_LINE_UP "\302\201"
#define KEY_LINE_DOWN "\302\202"
#define KEY_SET_MARK "\302\203"
#define KEY_BLANK_BEFORE "\302\204"
#define KEY_KILL_REGION "\302\205"
#define KEY_ESCAPE "\302\206"
#define KEY_LINE_START "\302\207"
#define KEY_LINE_END "\302\210"
#define KEY_VI_INSERT "\302\211"
#define KEY_VI_REPEAT "\302\212"

/* Whether a character is one of these, or could become one. */
static inline int is_private(wchar_t character) { return character >= 0x80 && character < 0xA0; }

typedef struct {
  EditLine *line;
  EditlineCallbacks calls;
  int is_vi;
  /* Whether libedit has the screen that it is to have, in this read. */
  int has_screen;
  /* Whether characters come from what vi's `.` repeats, not from the terminal. */
  int is_repeating;
  /* Bytes read before those of the terminal. */
  const char *queued;
  /* What the read that is under way will have ended with. */
  int outcome;
  char *text;
  int termination_signal;
} Editor;

extern Editor editor;

void add_functions(void);

/* The buffer as a string of its own, to be freed. */
char *copy_of_buffer(int *cursor);
/* Puts another text in place of the whole buffer. */
void replace_buffer(EditLine *e, const char *text, int cursor);
/* libedit's character source: 1 and a character, or 0 where the read ends. */
int read_character(EditLine *e, wchar_t *character);
/* Ctrl-R. */
unsigned char search_pressed(EditLine *e, int key);
/* A bracketed paste. */
unsigned char paste_begins(EditLine *e, int key);
void draw_buffer(int reason);
void write_terminal(const char *text);
