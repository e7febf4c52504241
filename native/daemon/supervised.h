#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>

#include "backoff.h"

namespace exectap {

constexpr uint64_t never = UINT64_MAX;

// When something that runs as a process is to be started, and when to be killed because asking did not help.
class Supervised {
 public:
  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  uint64_t startAtMs() const { return running() ? never : startAtMs_; }
  uint64_t nextMs() const { return running() ? killAtMs_ : startAtMs_; }

  void startAt(uint64_t ms) { startAtMs_ = ms; }
  void started(pid_t pid, uint64_t nowMs) {
    pid_ = pid;
    killAtMs_ = never;
    backoff_.started(nowMs);
  }
  // After a failed start too. Returns how long it waits until the next one.
  uint64_t ended(uint64_t nowMs) {
    pid_ = -1;
    killAtMs_ = never;
    const uint64_t wait = atOnce_ ? 0 : backoff_.ended(nowMs);
    atOnce_ = false;
    startAtMs_ = nowMs + wait;
    return wait;
  }

  // SIGTERM now, SIGKILL after `patienceMs`.
  void terminate(uint64_t nowMs, uint64_t patienceMs) {
    if (!running() || killAtMs_ != never) return;
    kill(pid_, SIGTERM);
    killAtMs_ = nowMs + patienceMs;
  }
  // As `terminate`, and then a new start without a wait.
  void restart(uint64_t nowMs, uint64_t patienceMs) {
    atOnce_ = running();
    if (running()) {
      terminate(nowMs, patienceMs);
    } else {
      startAtMs_ = nowMs;
    }
  }
  // SIGKILL after `patienceMs`; it has been told to end in another way.
  void killLater(uint64_t nowMs, uint64_t patienceMs) { killAtMs_ = nowMs + patienceMs; }
  void tick(uint64_t nowMs) {
    if (!running() || nowMs < killAtMs_) return;
    kill(pid_, SIGKILL);
    killAtMs_ = never;
  }

 private:
  pid_t pid_ = -1;
  uint64_t startAtMs_ = 0;
  uint64_t killAtMs_ = never;
  bool atOnce_ = false;
  Backoff backoff_;
};

}  // namespace exectap
