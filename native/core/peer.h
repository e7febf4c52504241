#pragma once

#include <sys/types.h>

#include <vector>

namespace exectap {

// Who is at the other end of a connected local socket, as the kernel noted it when the connection was made.
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
  // Its supplementary groups.
  std::vector<gid_t> groups;
  // The system tells only so many groups, and there may be more.
  bool groupsCut = false;
};

// false leaves errno set.
bool peerOf(int socket, Peer& peer);

}  // namespace exectap
