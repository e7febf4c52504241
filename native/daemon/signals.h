#pragma once

#include "descriptor.h"

namespace exectap {

// Signals as bytes of a descriptor that can be polled. One object in a process.
class Signals {
 public:
  // SIGCHLD, SIGTERM and SIGINT come in; SIGPIPE and SIGHUP are ignored. false leaves errno.
  bool open();
  int descriptor() const { return readEnd_.get(); }
  // What has come since the last call.
  struct Come {
    bool child = false;
    bool end = false;
  };
  Come take();

 private:
  Descriptor readEnd_;
};

}  // namespace exectap
