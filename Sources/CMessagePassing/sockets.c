#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t nnsh_milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int wait_for(int socket, short events, int patience) {
  int64_t end = nnsh_milliseconds() + patience;
  for (;;) {
    struct pollfd waiting = {socket, events, 0};
    int64_t left = end - nnsh_milliseconds();
    int count = poll(&waiting, 1, left < 0 ? 0 : (int)left);
    if (count > 0) return 1;
    if (count == 0 || errno != EINTR) return 0;
  }
}

int nnsh_send_all(int socket, const void *data, size_t bytes) {
  const char *rest = data;
  while (bytes > 0) {
    ssize_t count = send(socket, rest, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN && wait_for(socket, POLLOUT, 1000)) continue;
    if (count <= 0) return 0;
    rest += count;
    bytes -= (size_t)count;
  }
  return 1;
}

int nnsh_receive_all(int socket, void *data, size_t bytes) {
  char *rest = data;
  while (bytes > 0) {
    ssize_t count = recv(socket, rest, bytes, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN && wait_for(socket, POLLIN, 1000)) continue;
    if (count <= 0) return 0;
    rest += count;
    bytes -= (size_t)count;
  }
  return 1;
}

static void note_addresses(nnsh_meeting_place *place) {
  struct ifaddrs *all = NULL;
  if (getifaddrs(&all) != 0) return;
  const uint32_t most = sizeof place->addresses / sizeof *place->addresses;
  for (struct ifaddrs *one = all; one != NULL && place->address_count < most; one = one->ifa_next) {
    if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET) continue;
    if ((one->ifa_flags & IFF_LOOPBACK) || !(one->ifa_flags & IFF_UP)) continue;
    const struct sockaddr_in *address = (const struct sockaddr_in *)one->ifa_addr;
    place->addresses[place->address_count++] = address->sin_addr.s_addr;
  }
  freeifaddrs(all);
}

int nnsh_open_meeting_place(nnsh_meeting_place *place, int is_one_machine) {
  memset(place, 0, sizeof *place);
  gethostname(place->host, sizeof place->host - 1);
  if (getrandom(place->key, sizeof place->key, 0) != sizeof place->key) return -1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return -1;
  struct sockaddr_in own = {.sin_family = AF_INET};
  own.sin_addr.s_addr = htonl(is_one_machine ? INADDR_LOOPBACK : INADDR_ANY);
  socklen_t size = sizeof own;
  if (bind(listener, (struct sockaddr *)&own, sizeof own) != 0 || listen(listener, 1024) != 0 ||
      getsockname(listener, (struct sockaddr *)&own, &size) != 0) {
    close(listener);
    return -1;
  }
  place->port = own.sin_port;
  if (!is_one_machine) note_addresses(place);
  return listener;
}

int nnsh_accept_rank(int listener, const nnsh_meeting_place *place, int *rank, int patience) {
  if (!wait_for(listener, POLLIN, patience)) return -1;
  int one = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (one < 0) return -1;
  unsigned char key[sizeof place->key];
  int32_t number = 0;
  // Whoever does not know the key is no rank.
  if (!nnsh_receive_all(one, key, sizeof key) || memcmp(key, place->key, sizeof key) != 0 ||
      !nnsh_receive_all(one, &number, sizeof number)) {
    close(one);
    return -1;
  }
  *rank = number;
  return one;
}

static int connect_to(uint32_t address, uint16_t port) {
  int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (one < 0) return -1;
  struct sockaddr_in other = {.sin_family = AF_INET, .sin_port = port};
  other.sin_addr.s_addr = address;
  int failure = connect(one, (struct sockaddr *)&other, sizeof other) == 0 ? 0 : errno;
  if (failure == EINPROGRESS && wait_for(one, POLLOUT, 2000)) {
    socklen_t size = sizeof failure;
    getsockopt(one, SOL_SOCKET, SO_ERROR, &failure, &size);
  }
  if (failure != 0) {
    close(one);
    return -1;
  }
  int on = 1;
  setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return one;
}

int nnsh_meet(const nnsh_meeting_place *place, int rank) {
  char host[sizeof place->host] = "";
  gethostname(host, sizeof host - 1);
  int one = -1;
  if (strcmp(host, place->host) == 0) one = connect_to(htonl(INADDR_LOOPBACK), place->port);
  for (uint32_t i = 0; one < 0 && i < place->address_count; i++) {
    one = connect_to(place->addresses[i], place->port);
  }
  if (one < 0) return -1;
  int32_t number = rank;
  if (!nnsh_send_all(one, place->key, sizeof place->key) ||
      !nnsh_send_all(one, &number, sizeof number)) {
    close(one);
    return -1;
  }
  return one;
}
