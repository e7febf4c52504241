#include "signals.h"

#include <signal.h>

#include <cerrno>
#include <initializer_list>

#include "../core/pipe.h"

namespace exectap {

namespace {

int writeEnd = -1;

void onSignal(int signal) {
  const int error = errno;
  const auto byte = static_cast<unsigned char>(signal);
  // A full pipe holds enough signals already.
  if (write(writeEnd, &byte, 1) < 0) errno = error;
  errno = error;
}

void handle(int signal) {
  struct sigaction action = {};
  action.sa_handler = onSignal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

bool Signals::open() {
  int readEnd = -1;
  if (!makePipe(readEnd, writeEnd)) return false;
  readEnd_.reset(readEnd);
  if (!readEnd_.doNotBlock() || fcntl(writeEnd, F_SETFL, O_NONBLOCK) != 0) return false;
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT}) handle(signal);
  for (const int signal : {SIGPIPE, SIGHUP}) ::signal(signal, SIG_IGN);
  return true;
}

Signals::Come Signals::take() {
  Come come;
  unsigned char bytes[64];
  const ssize_t length = read(readEnd_.get(), bytes, sizeof bytes);
  for (ssize_t index = 0; index < length; ++index) (bytes[index] == SIGCHLD ? come.child : come.end) = true;
  return come;
}

}  // namespace exectap
