#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "batch.h"
#include "decoded.h"

namespace exectap {

// Event types whose numbers are followed; macOS has fewer than 200.
constexpr size_t maxFollowedTypes = 256;

// Follows seq_num (per event type) and global_seq_num of one stream. Endpoint Security counts both up from 0 for every
// client, and a client that is too slow shows only as numbers that are missing: eslogger prints nothing.
//
// The first number seen is the baseline. A higher number than expected is a gap. A lower one is a stream that began
// again when its time is later than the last one's, and otherwise a line seen before or out of order, which changes
// nothing. Message versions 2 and 3 have no global number: there the numbers of each type tell of losses.
class SequenceAccount {
 public:
  enum class Verdict { unnumbered, inOrder, gap, restarted, outOfOrder };

  // Takes the numbers of one event; fills `gap` when the verdict is `gap`.
  Verdict take(const Decoded& event, Gap& gap);
  // A line arrived whose numbers cannot be read: one missing number is explained by it.
  void unnumberedLine() { unnumbered_ += 1; }
  // Lines that are missing for a reason that is told elsewhere: their numbers are no gap of the kernel's.
  void explained(uint64_t lines) { unnumbered_ += lines; }
  // The numbers begin anew with the next event.
  void reset();

  bool hasLast() const { return hasLast_; }
  // The number gaps are described by: the global one, or the type's own on version 2 and 3.
  uint64_t lastNumber() const { return lastNumber_; }
  const std::string& lastTime() const { return lastTime_; }

 private:
  struct Run {
    uint64_t expected = 0;
    bool started = false;
  };

  Verdict judge(const Decoded& event, const Run* type) const;
  bool fillGap(const Decoded& event, uint64_t missing, uint64_t missingOfType, uint64_t number, Gap& gap);
  void remember(const Decoded& event);
  Run* runOf(uint32_t eventType);

  Run global_;
  std::unordered_map<uint32_t, Run> types_;
  uint64_t unnumbered_ = 0;
  bool hasLast_ = false;
  uint64_t lastNumber_ = 0;
  int64_t lastTimeNs_ = 0;
  std::string lastTime_;
};

}  // namespace exectap
