#pragma once

#include "child.h"
#include "control_socket.h"
#include "options.h"
#include "responder.h"
#include "signals.h"
#include "tap_process.h"
#include "worker_process.h"

namespace exectap {

// The loop: the tap's bytes to the worker, the worker's requests to answers, and both of them kept running. One thread,
// which waits for descriptors and for nothing else.
class Pump {
 public:
  Pump(const Options& options, const Account* account, Owners owners, const HostFacts& host);

  // Until a signal ends it. Returns the exit code.
  int run();

 private:
  void turn();
  void wait(uint64_t nowMs);
  void startWhatIsDue(uint64_t nowMs);
  void readSignals(uint64_t nowMs);
  void reap(uint64_t nowMs);
  void stop(uint64_t nowMs);
  void goOnStopping(uint64_t nowMs);
  void answer(const Request& request);
  uint64_t nextMs();
  ControlSocket makeSocket() const;
  void logDropped(uint64_t nowMs);

  const Options& options_;
  const Owners owners_;
  Stream stream_;
  TapProcess tap_;
  WorkerProcess worker_;
  Responder responder_;
  RateLimit restarts_{2, 6};
  RateLimit kills_{20, 60};
  // What was dropped is logged once a minute at most.
  RateLimit dropLog_{1, 1};
  uint64_t loggedDropped_ = 0;
  Signals signals_;
  bool stopping_ = false;
  // The tap has ended and the worker is to take what is left.
  bool lastLines_ = false;
  bool finished_ = false;
};

}  // namespace exectap
