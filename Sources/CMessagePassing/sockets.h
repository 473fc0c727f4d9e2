#pragma once
#include <stddef.h>
#include <stdint.h>

// Connections from every rank to rank 0, over which they tell how they are. MPI itself cannot say that a
// process has died or stands still.

/// Where rank 0 can be reached, as it tells the others.
typedef struct {
  char host[64];
  unsigned char key[16];
  uint32_t addresses[8];
  uint32_t address_count;
  uint16_t port;
} nnsh_meeting_place;

/// Opens a place to be reached at; the listening socket, or -1.
int nnsh_open_meeting_place(nnsh_meeting_place *place, int is_one_machine);
/// Takes one connection from the ranks, waiting so many milliseconds at most; the socket, or -1.
int nnsh_accept_rank(int listener, const nnsh_meeting_place *place, int *rank, int patience);
/// Goes to rank 0; the socket, or -1.
int nnsh_meet(const nnsh_meeting_place *place, int rank);

int64_t nnsh_milliseconds(void);
/// Writes all; 0 where the other side is gone or takes nothing for a second.
int nnsh_send_all(int socket, const void *data, size_t bytes);
/// Reads all; 0 where it does not come within a second.
int nnsh_receive_all(int socket, void *data, size_t bytes);
