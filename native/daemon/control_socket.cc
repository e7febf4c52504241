#include "control_socket.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace exectap {

namespace {

// A busy moment must not look like an agent that is not there.
constexpr int waitingConnections = 128;

bool fail(const std::string& what, std::string& problem) {
  problem = what + ": " + std::strerror(errno);
  return false;
}

// What stands at the path is removed only if it is a socket: one that a run before has left.
bool removeStale(const std::string& path, std::string& problem) {
  struct stat facts = {};
  if (lstat(path.c_str(), &facts) != 0) return errno == ENOENT || fail(path, problem);
  if (!S_ISSOCK(facts.st_mode)) {
    problem = path + " is there and is not a socket";
    return false;
  }
  return unlink(path.c_str()) == 0 || fail("cannot remove " + path, problem);
}

bool bindTo(int socket, const std::string& path, std::string& problem) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    problem = path + " is longer than the path of a socket may be";
    return false;
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  // Mode 0600 from the first moment on: nobody can connect before the rights are as they should be.
  const mode_t before = umask(0177);
  const bool bound = bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  umask(before);
  return bound || fail("cannot make " + path, problem);
}

bool openToGroup(const std::string& path, const std::string& name, ControlSocket& made, std::string& problem) {
  const group* const found = getgrnam(name.c_str());
  if (found == nullptr) {
    problem = "there is no group " + name;
    return false;
  }
  made.group = static_cast<long>(found->gr_gid);
  return (chown(path.c_str(), 0, found->gr_gid) == 0 && chmod(path.c_str(), 0660) == 0) ||
         fail("cannot give " + path + " to group " + name, problem);
}

}  // namespace

bool makeControlSocket(const std::string& path, const std::string& group, const Owners& owners, ControlSocket& made,
                       std::string& problem) {
  const std::string folder = path.substr(0, path.rfind('/'));
  const std::string above = folder.substr(0, folder.rfind('/') + 1);
  // Before anything is made there.
  if (!trustedPath(above.empty() ? "/" : above, owners, problem)) return false;
  // Everybody may look into it: the socket's own mode decides who may connect.
  if (mkdir(folder.c_str(), 0755) == 0) chmod(folder.c_str(), 0755);
  if (!trustedPath(folder.empty() ? "/" : folder, owners, problem) || !removeStale(path, problem)) return false;
  const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  if (descriptor < 0) return fail("cannot make a socket", problem);
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  const bool good = bindTo(descriptor, path, problem) &&
                    (owners.development || openToGroup(path, group, made, problem)) &&
                    (listen(descriptor, waitingConnections) == 0 || fail("cannot listen on " + path, problem));
  if (good) {
    made.descriptor = descriptor;
  } else {
    close(descriptor);
  }
  return good;
}

}  // namespace exectap
