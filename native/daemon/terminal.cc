#include "terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace exectap {

namespace {

bool makeRaw(int terminal) {
  termios mode = {};
  if (tcgetattr(terminal, &mode) != 0) return false;
  cfmakeraw(&mode);
  return tcsetattr(terminal, TCSANOW, &mode) == 0;
}

}  // namespace

bool openTerminal(int& outer, int& inner) {
  outer = posix_openpt(O_RDWR | O_NOCTTY);
  inner = -1;
  if (outer >= 0 && fcntl(outer, F_SETFD, FD_CLOEXEC) == 0 && grantpt(outer) == 0 && unlockpt(outer) == 0) {
    // ptsname(3) gives static memory: there is one thread.
    const char* const name = ptsname(outer);
    if (name != nullptr) inner = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (inner >= 0 && makeRaw(inner)) return true;
  }
  const int error = errno;
  if (inner >= 0) close(inner);
  if (outer >= 0) close(outer);
  outer = inner = -1;
  errno = error;
  return false;
}

}  // namespace exectap
