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
#define KEY_SET_MARK "\033[993~"
#define KEY_BLANK_BEFORE "\033[994~"
#define KEY_KILL_REGION "\033[995~"
#define KEY_ESCAPE "\033[996~"
#define KEY_LINE_START "\033[997~"
#define KEY_LINE_END "\033[998~"

typedef struct {
  EditLine *line;
  EditlineCallbacks calls;
  int is_vi;
  /* Whether libedit has the screen that it is to have, in this read. */
  int has_screen;
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
