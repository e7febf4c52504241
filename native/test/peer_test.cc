#include "../core/peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "check.h"

using namespace exectap;

TEST(peer_of_a_local_socket_is_known_to_the_kernel) {
  int ends[2];
  EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Peer peer;
  CHECK(peerOf(ends[0], peer));
  EQUAL(peer.uid, getuid());
  EQUAL(peer.gid, getgid());
  EQUAL(peer.pid, getpid());
  close(ends[0]);
  close(ends[1]);
}

TEST(peer_of_what_is_no_local_socket_is_an_error) {
  int ends[2];
  EQUAL(pipe(ends), 0);
  Peer peer;
  CHECK(!peerOf(ends[0], peer));
  EQUAL(errno, ENOTSOCK);
  CHECK(!peerOf(-1, peer));
  EQUAL(errno, EBADF);
  close(ends[0]);
  close(ends[1]);
}
