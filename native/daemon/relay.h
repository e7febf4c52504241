#pragma once

#include "descriptor.h"

namespace exectap {

// Passes on what a worker writes to its standard output or error. The worker does not get our own descriptor: it could
// truncate the log, or change how it is written.
class Relay {
 public:
  explicit Relay(int to) : to_(to) {}

  // A new pipe; the worker's end of it, or -1.
  int open();
  int descriptor() const { return from_.get(); }
  // What has come, as far as the log takes it without waiting; the rest is dropped.
  void pass();
  // Everything that has come, and then nothing more.
  void finish();

 private:
  bool passSome();

  const int to_;
  Descriptor from_;
};

}  // namespace exectap
