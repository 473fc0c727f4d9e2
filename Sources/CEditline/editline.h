#pragma once

/* Shared by the files of this target: what signals note, the terminal's settings and its bytes. */

/* What became of waiting for a byte. */
enum { INPUT_END = 0, INPUT_BYTE = 1, INPUT_NOTED = 2, INPUT_NOTHING = 3 };

/* What has been noted since the last look; each is cleared by the one who deals with it. */
typedef struct {
  int interrupt, resize, suspend, resume, terminate;
} Notes;

/* Opens the way on which signals wake the reader. 0 where it cannot. */
int input_open(void);
void input_close(void);

/* Handles SIGTSTP, SIGCONT, SIGTERM and SIGHUP while a line is read. */
void input_handle_signals(void);
void input_restore_signals(void);

/* Stops the process as Ctrl-Z asks, until it is continued. */
void input_stop_process(void);

/* Takes what signals have noted. */
Notes input_take_notes(void);
void input_forget_interrupt(void);

/* Waits for one byte, or for a signal to be noted. */
int input_read_byte(unsigned char *byte);

/* The same inside a character or a paste, which only what ends the read may cut short. */
int input_read_further_byte(unsigned char *byte);

/* The same for as many milliseconds; INPUT_NOTHING where none comes. */
int input_read_byte_within(int milliseconds, unsigned char *byte);

/*
 * While a line is edited the terminal makes no signals of keys: notes what the key would have sent.
 * Whether the byte is such a key.
 */
int input_note_key(unsigned char byte);

/* Gives a byte back, to be read next. */
void input_push_byte(unsigned char byte);

/* Whether a byte comes within so many milliseconds. */
int input_is_pending(int milliseconds);

/* Notes the terminal's settings, and brings them back when a signal stops or ends the process. */
void modes_open(void);
void modes_close(void);
/* As statements run: nothing that is typed is shown. */
void modes_take(void);
/* As they were before nnsh. */
void modes_give_back(void);
/* Lets a signal do to the process what it does by itself; returns when a stop is over. */
void modes_take_usual_effect(int number);
/* The signal that the terminal made of a key before nnsh (SIGINT of Ctrl-C); 0 for none. */
int modes_signal_of(unsigned char byte);
