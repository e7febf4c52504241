#pragma once

#include <cstdint>

namespace exectap {

// How long to wait before something that ended is started again: a second, doubled each time up to a minute, and a
// second again after a life of a minute.
class Backoff {
 public:
  static constexpr uint64_t firstMs = 1000;
  static constexpr uint64_t mostMs = 60000;

  void started(uint64_t nowMs) { startedMs_ = nowMs; }
  // The wait after an end at `nowMs`.
  uint64_t ended(uint64_t nowMs) {
    if (nowMs - startedMs_ >= mostMs) nextMs_ = firstMs;
    const uint64_t wait = nextMs_;
    nextMs_ = nextMs_ * 2 < mostMs ? nextMs_ * 2 : mostMs;
    return wait;
  }

 private:
  uint64_t startedMs_ = 0;
  uint64_t nextMs_ = firstMs;
};

}  // namespace exectap
