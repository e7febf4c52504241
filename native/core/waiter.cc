#include "waiter.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "pipe.h"

#if defined(__APPLE__)
#include <sys/select.h>
#endif

namespace exectap {

namespace {

bool setNonBlocking(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0;
}

}  // namespace

Waiter::Waiter() {
  if (!makePipe(pipe_[0], pipe_[1]) || !setNonBlocking(pipe_[0]) || !setNonBlocking(pipe_[1])) error_ = errno;
}

Waiter::~Waiter() {
  for (int end : pipe_) {
    if (end >= 0) close(end);
  }
}

void Waiter::wake() {
  const char byte = 0;
  // A full pipe wakes just as well.
  while (write(pipe_[1], &byte, 1) < 0 && errno == EINTR) {
  }
}

void Waiter::drain() {
  char bytes[64];
  while (read(pipe_[0], bytes, sizeof bytes) > 0) {
  }
}

#if defined(__APPLE__)

// poll(2) on macOS: "BUGS: The poll() system call currently does not support devices", and a terminal is one.
bool Waiter::waitForAny(int descriptor, bool& readable) {
  if (descriptor >= FD_SETSIZE || pipe_[0] >= FD_SETSIZE) {
    errno = EMFILE;
    return false;
  }
  fd_set set;
  FD_ZERO(&set);
  FD_SET(descriptor, &set);
  FD_SET(pipe_[0], &set);
  if (select((descriptor > pipe_[0] ? descriptor : pipe_[0]) + 1, &set, nullptr, nullptr, nullptr) < 0) return false;
  readable = FD_ISSET(descriptor, &set) != 0;
  return true;
}

#else

bool Waiter::waitForAny(int descriptor, bool& readable) {
  pollfd both[2] = {{descriptor, POLLIN, 0}, {pipe_[0], POLLIN, 0}};
  if (poll(both, 2, -1) < 0) return false;
  // An end or an error is told by the read that follows.
  readable = both[0].revents != 0;
  return true;
}

#endif

Waiter::Result Waiter::wait(int descriptor) {
  bool readable = false;
  while (!waitForAny(descriptor, readable)) {
    if (errno != EINTR) return Result::failed;
  }
  if (readable) return Result::readable;
  drain();
  return Result::woken;
}

}  // namespace exectap
