#include "pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace exectap {

bool makePipe(int& readEnd, int& writeEnd) {
  int ends[2];
#if defined(__linux__)
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
#else
  // Without pipe2(2) a child forked by another thread in between inherits the ends; libuv closes what it does not pass.
  if (pipe(ends) != 0) return false;
  if (fcntl(ends[0], F_SETFD, FD_CLOEXEC) != 0 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) != 0) {
    const int error = errno;
    close(ends[0]);
    close(ends[1]);
    errno = error;
    return false;
  }
#endif
  readEnd = ends[0];
  writeEnd = ends[1];
  return true;
}

}  // namespace exectap
