#pragma once

/* What terminals send that begins with Escape. */

/*
 * Reads what follows an Escape, to its end: a key, a report of the mouse or of the focus, a reply of
 * the terminal.
 *
 * Returns the bytes to read in its place, which a function may be bound to; empty for what means
 * nothing here. They stay valid until the next call.
 */
const char *read_sequence(int is_vi);
