#include "peer.h"

#include <sys/socket.h>

#include <cerrno>

#if defined(__APPLE__)
#include <sys/ucred.h>
#include <sys/un.h>
#endif

namespace exectap {

#if defined(__APPLE__)

// [unix(4), LOCAL_PEERCRED and LOCAL_PEERPID]
bool peerOf(int socket, Peer& peer) {
  xucred credentials = {};
  socklen_t length = sizeof credentials;
  if (getsockopt(socket, SOL_LOCAL, LOCAL_PEERCRED, &credentials, &length) != 0) return false;
  if (credentials.cr_version != XUCRED_VERSION || credentials.cr_ngroups < 1) {
    errno = EPROTO;
    return false;
  }
  pid_t pid = 0;
  length = sizeof pid;
  if (getsockopt(socket, SOL_LOCAL, LOCAL_PEERPID, &pid, &length) != 0) return false;
  peer.uid = credentials.cr_uid;
  // The effective group is the first of the list [sys/ucred.h].
  peer.gid = credentials.cr_groups[0];
  peer.pid = pid;
  peer.groups.assign(credentials.cr_groups, credentials.cr_groups + credentials.cr_ngroups);
  peer.groupsCut = credentials.cr_ngroups >= NGROUPS;
  return true;
}

#else

// [unix(7), SO_PEERCRED; socket(7), SO_PEERGROUPS]
bool peerOf(int socket, Peer& peer) {
  ucred credentials = {};
  socklen_t length = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return false;
  // 65,536 is the most that Linux lets a process have [credentials(7)].
  constexpr size_t mostGroups = 65536;
  length = 64 * sizeof(gid_t);
  peer.groups.resize(length / sizeof(gid_t));
  while (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &length) != 0) {
    // The length that is needed comes back with ERANGE.
    if (errno != ERANGE || length > mostGroups * sizeof(gid_t)) return false;
    peer.groups.resize(length / sizeof(gid_t));
  }
  peer.groups.resize(length / sizeof(gid_t));
  peer.uid = credentials.uid;
  peer.gid = credentials.gid;
  peer.pid = credentials.pid;
  peer.groupsCut = false;
  return true;
}

#endif

}  // namespace exectap
