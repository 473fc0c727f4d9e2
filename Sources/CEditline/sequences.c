#include "sequences.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindings.h"
#include "editline.h"
#include "keys.h"

/*
 * Sequences are read by their grammar (ECMA-48), not by a list: what is not known is passed over as
 * a whole, instead of leaving its end in the line. Keys are then written as xterm writes them, so
 * that one binding serves all terminals.
 */

enum {
  /* How long Escape waits for what belongs to it. A person presses the next key later. */
  ALONE_IN_VI = 50,
  ALONE = 500,
  /* Between the bytes of one sequence; a slow line may part them. */
  WITHIN = 500,
  /* Between Escape and `]` or `P` and what tells a reply from a key with Alt. */
  REPLY = 50
};

enum { SHIFT = 1, ALT = 2, CONTROL = 4, SUPER = 8, HYPER = 16, META = 32 };

enum { ESCAPE = 27, BELL = 7, CANCEL = 24, SUBSTITUTE = 26, RUBOUT = 127 };

/* No key's sequence is longer; the rest of a longer one is passed over. */
enum { LONGEST = 64, LONGEST_REPLY = 1 << 20 };

typedef struct {
  char prefix;
  /* Parameters as they were written, and the bytes between them and the final one. */
  char parameters[LONGEST];
  int count;
  char intermediate;
  char final;
} Sequence;

static char keys[LONGEST + 16];

static const char *nothing(void) {
  keys[0] = 0;
  return keys;
}

static const char *single(int character) {
  keys[0] = (char)character;
  keys[1] = 0;
  return keys;
}

/* A byte that ends a sequence before its end, and begins something else. */
static const char *broken_off(unsigned char byte) {
  if (byte == ESCAPE) {
    input_push_byte(byte);
    return nothing();
  }
  return byte == CANCEL || byte == SUBSTITUTE || byte >= RUBOUT ? nothing() : single(byte);
}

/* A key as xterm writes it; empty where nothing is bound to it. */
static const char *key(int number, char final, int modifiers) {
  if (modifiers & META) modifiers |= ALT;
  if (modifiers & (SUPER | HYPER)) return nothing();
  modifiers &= SHIFT | ALT | CONTROL;
  char shift[8] = "";
  if (modifiers) snprintf(shift, sizeof shift, ";%d", modifiers + 1);
  if (final == '~') snprintf(keys, sizeof keys, "\033[%d%s~", number, shift);
  else snprintf(keys, sizeof keys, "\033[%s%s%c", modifiers ? "1" : "", shift, final);
  return is_bound(keys) ? keys : nothing();
}

static const char *numbered_key(int number, int modifiers) {
  switch (number) {
  case 1: case 7: return key(0, 'H', modifiers);
  case 4: case 8: return key(0, 'F', modifiers);
  default: return key(number, '~', modifiers);
  }
}

/* What a keypad sends that counts as keys of its own. */
static const char *keypad_key(char letter) {
  if (letter == 'M') return single('\r');
  if (letter == 'X') return single('=');
  if (letter >= 'j' && letter <= 'y') return single("*+,-./0123456789"[letter - 'j']);
  return nothing();
}

/* The keypad's keys of kitty's protocol that move, from 57417 on. */
static const char *kitty_key(int code, int modifiers) {
  static const char letters[] = "DCAB";
  static const int numbers[] = {5, 6, 1, 4, 2, 3};
  if (code <= 57420) return key(0, letters[code - 57417], modifiers);
  return code <= 57426 ? numbered_key(numbers[code - 57421], modifiers) : nothing();
}

static const char *character(int code) {
  if (code < 32 || code == RUBOUT || is_private(code) || code > 0x10FFFF) return nothing();
  char *end = keys;
  if (code < 0x80) {
    *end++ = (char)code;
  } else {
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    *end++ = (char)((0xFF00 >> (more + 1) & 0xFF) | code >> (6 * more));
    while (more-- > 0) *end++ = (char)(0x80 | (code >> (6 * more) & 0x3F));
  }
  *end = 0;
  return keys;
}

static const char *control(int code) {
  if (code == '/') code = '_';
  if (code >= 'a' && code <= 'z') code -= 32;
  if (code <= '@' || code > '_') return nothing();
  unsigned char byte = (unsigned char)(code & 31);
  return input_note_key(byte) ? nothing() : byte == ESCAPE ? KEY_ESCAPE : single(byte);
}

/* A character with its modifiers, as kitty's protocol and xterm's modifyOtherKeys tell it. */
static const char *modified_character(int code, int shifted, int text, int modifiers) {
  int has_alt = modifiers & (ALT | META);
  if (modifiers & (SUPER | HYPER)) return nothing();
  switch (code) {
  case 13: case 57414: return has_alt ? "\033\r" : single('\r');
  case ESCAPE: return KEY_ESCAPE;
  case 9: return modifiers & SHIFT ? key(0, 'Z', 0) : single('\t');
  case 8: case RUBOUT: return has_alt || modifiers & CONTROL ? "\033\177" : single(RUBOUT);
  default: break;
  }
  if (code >= 57399 && code <= 57415) code = "0123456789./*-+\r="[code - 57399];
  if (code >= 57344 && code < 63744)
    return code >= 57417 && code <= 57426 ? kitty_key(code, modifiers) : nothing();
  if (modifiers & CONTROL) return has_alt ? nothing() : control(code);
  if (text > 0 && !has_alt) return character(text);
  if (modifiers & SHIFT) {
    if (shifted > 0) code = shifted;
    else if (code >= 'a' && code <= 'z') code -= 32;
  }
  if (!has_alt) return character(code);
  if (code <= 32 || code >= RUBOUT) return nothing();
  snprintf(keys, sizeof keys, "\033%c", code);
  return keys;
}

/*
 * The first three parameters, each with up to two further values: `97:65;5:1;97`. Returns how many
 * there are.
 */
static int read_parameters(const char *text, int values[3][3]) {
  int field = 0, part = 0;
  memset(values, 0, 9 * sizeof(int));
  for (; *text; text++) {
    if (*text == ';') {
      field++;
      part = 0;
    } else if (*text == ':') {
      part++;
    } else if (*text >= '0' && *text <= '9' && field < 3 && part < 3
               && values[field][part] < 100000000) {
      values[field][part] = values[field][part] * 10 + (*text - '0');
    }
  }
  return field + 1;
}

static int modifiers_of(int value) { return value > 0 ? (value - 1) & 63 : 0; }

/* rxvt tells modifiers by the last byte, and by small letters. */
static const char *rxvt_key(char final, int number) {
  switch (final) {
  case '$': return numbered_key(number, SHIFT);
  case '^': return numbered_key(number, CONTROL);
  case '@': return numbered_key(number, SHIFT | CONTROL);
  default: return key(0, (char)(final - 32), SHIFT);
  }
}

static const char *control_key(const Sequence *sequence, int has_alt) {
  int values[3][3];
  int count = read_parameters(sequence->parameters, values);
  int modifiers = modifiers_of(values[1][0]) | (has_alt ? ALT : 0);
  if (sequence->prefix || sequence->intermediate) return nothing();
  enum { RELEASED = 3 };
  if (values[1][1] == RELEASED) return nothing();
  char final = sequence->final;
  if (final == '~' && values[0][0] == 27)
    return modified_character(values[2][0], 0, 0, modifiers);
  if (final == '~' && values[0][0] == 200) return "\033[200~";
  if (final == '~') return numbered_key(values[0][0], modifiers);
  if (final == 'u') return modified_character(values[0][0], values[0][1], values[2][0], modifiers);
  if (strchr("$^@", final)) return rxvt_key(final, values[0][0]);
  if (final >= 'a' && final <= 'd') return rxvt_key(final, 0);
  /* Reports have parameters that a key has not: the cursor's place, a size. */
  if (count <= 2 && strchr("ABCDFHPQRSZ", final) && values[0][0] <= 1)
    return key(0, final, modifiers);
  return nothing();
}

/* Passes over so many bytes, as of a mouse that tells its place by bytes. */
static void pass_over(int count) {
  unsigned char byte;
  while (count-- > 0 && input_read_byte_within(WITHIN, &byte) == INPUT_BYTE) {}
}

static const char *read_control_sequence(int has_alt) {
  Sequence sequence = {0};
  char raw[LONGEST] = "\033[";
  int length = 2;
  unsigned char byte;
  for (int total = 0; total < LONGEST_REPLY; total++) {
    /* rxvt ends a key with what elsewhere stands before the end. */
    int milliseconds = sequence.intermediate == '$' ? ALONE_IN_VI : WITHIN;
    int outcome = input_read_byte_within(milliseconds, &byte);
    if (outcome == INPUT_NOTHING && sequence.intermediate == '$') {
      sequence.intermediate = 0;
      sequence.final = '$';
      break;
    }
    if (outcome != INPUT_BYTE) return nothing();
    if (byte < 32 || byte >= RUBOUT) return broken_off(byte);
    if (length + 1 < LONGEST) raw[length++] = (char)byte;
    if (byte == '[' && total == 0) {
      /* The function keys of Linux's console. */
      pass_over(1);
      return nothing();
    }
    if (byte >= 0x40) {
      sequence.final = (char)byte;
      break;
    }
    if (byte < 0x30) sequence.intermediate = (char)byte;
    else if (byte >= 0x3C) sequence.prefix = (char)byte;
    else if (sequence.count + 1 < LONGEST) sequence.parameters[sequence.count++] = (char)byte;
  }
  raw[length] = 0;
  if (sequence.final == 'M' && sequence.count == 0 && !sequence.prefix) {
    pass_over(3);
    return nothing();
  }
  if (!has_alt && is_bound_by_user(raw)) {
    snprintf(keys, sizeof keys, "%s", raw);
    return keys;
  }
  return control_key(&sequence, has_alt);
}

/* `ESC O` and a letter, which some terminals part by a modifier. */
static const char *read_short_sequence(int has_alt) {
  unsigned char byte;
  int modifiers = has_alt ? ALT : 0;
  char raw[4] = "\033O";
  for (int total = 0; total < 4; total++) {
    if (input_read_byte_within(WITHIN, &byte) != INPUT_BYTE) return nothing();
    if (byte < 32 || byte >= RUBOUT) return broken_off(byte);
    if (byte < '0' || byte > '9') break;
    modifiers |= modifiers_of(byte - '0');
  }
  raw[2] = (char)byte;
  if (modifiers == 0 && is_bound_by_user(raw)) {
    snprintf(keys, sizeof keys, "%s", raw);
    return keys;
  }
  if (strchr("ABCDFHPQRS", byte)) return key(0, (char)byte, modifiers);
  if (byte >= 'a' && byte <= 'd') return key(0, (char)(byte - 32), modifiers | CONTROL);
  return keypad_key((char)byte);
}

/* A reply: up to BEL, or Escape and a backslash. */
static const char *pass_over_reply(unsigned char byte) {
  for (int total = 0; total < LONGEST_REPLY; total++) {
    if (byte == BELL) return nothing();
    if (byte == ESCAPE) {
      if (input_read_byte_within(WITHIN, &byte) != INPUT_BYTE || byte == '\\') return nothing();
      input_push_byte(byte);
      return broken_off(ESCAPE);
    }
    if (byte < 32 && byte != '\t') return broken_off(byte);
    if (input_read_byte_within(WITHIN, &byte) != INPUT_BYTE) return nothing();
  }
  return nothing();
}

/* A character with Alt. In vi's keys it is Escape, and then the character. */
static const char *character_with_alt(unsigned char byte, int is_vi) {
  if (byte >= 0x80) {
    input_push_byte(byte);
    return is_vi ? KEY_ESCAPE : nothing();
  }
  snprintf(keys, sizeof keys, "%s%c", is_vi ? KEY_ESCAPE : "\033", byte);
  return byte ? keys : nothing();
}

const char *read_sequence(int is_vi) {
  unsigned char byte, further;
  int has_alt = 0;
  for (int depth = 0; depth < LONGEST_REPLY; depth++) {
    int outcome = input_read_byte_within(is_vi ? ALONE_IN_VI : ALONE, &byte);
    if (outcome != INPUT_BYTE) return outcome == INPUT_NOTHING ? KEY_ESCAPE : nothing();
    if (byte != ESCAPE) break;
    has_alt = 1;
  }
  switch (byte) {
  case '[': return read_control_sequence(has_alt);
  case 'O': return read_short_sequence(has_alt);
  case ']': case 'P': case 'X': case '^': case '_':
    if (input_read_byte_within(REPLY, &further) != INPUT_BYTE)
      return character_with_alt(byte, is_vi);
    return pass_over_reply(further);
  default: return character_with_alt(byte, is_vi);
  }
}
