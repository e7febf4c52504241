#include "relay.h"

#include "../core/pipe.h"
#include "log.h"

namespace exectap {

namespace {

// A pipe of Linux holds 64 KiB, one of macOS as much at most.
constexpr int mostTurns = 64;

}  // namespace

int Relay::open() {
  int readEnd = -1, writeEnd = -1;
  if (!makePipe(readEnd, writeEnd)) return -1;
  from_.reset(readEnd);
  // The description of this end is ours alone.
  from_.doNotBlock();
  return writeEnd;
}

bool Relay::passSome() {
  char bytes[4096];
  const ssize_t length = read(from_.get(), bytes, sizeof bytes);
  if (length == 0) from_.reset();
  if (length <= 0) return false;
  writeUnlessFull(to_, bytes, static_cast<size_t>(length));
  return true;
}

void Relay::pass() {
  if (from_.open()) passSome();
}

void Relay::finish() {
  for (int turn = 0; turn < mostTurns && from_.open() && passSome(); ++turn) continue;
  from_.reset();
}

}  // namespace exectap
