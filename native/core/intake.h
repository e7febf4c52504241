#pragma once

#include <functional>

#include "account.h"
#include "counters.h"
#include "decoder.h"
#include "ring.h"
#include "splitter.h"

namespace exectap {

// Gaps that wait for a batch; above it gaps of the same cause are joined, so that `lost` stays exact.
constexpr size_t maxWaitingGaps = 256;

// Turns lines into records: decode, account, count, put into the ring. Belongs to the reader's thread.
class Intake {
 public:
  struct Options {
    // A live stream is never left unread: when the ring is full its lines are dropped whole and counted.
    bool live = false;
    size_t maxLineBytes = 0;
  };

  Intake(Ring& ring, Counters& counters, Options options);

  // false when the ring was cancelled while waiting.
  bool line(const Line& line);
  // What one read gave has been consumed.
  void pause();
  // The stream ended: closes what is open and hands over what is left.
  void finish();

 private:
  // Lines dropped one after another because the ring was full.
  struct OverflowRun {
    uint64_t lost = 0;
    bool hasAfter = false;
    uint64_t afterSeq = 0;
    std::string fromTime;
    std::string lastTime;
  };

  bool lineOf(const char* json, size_t length, const Line& line);
  void accountNumbers();
  void undecodable(const Line& line, const char* data, size_t length, const char* reason);
  void deliver(Batch& batch);
  void openOverflow();
  void dropRecord();
  void closeOverflow(bool byRecord);
  void addGap(Gap gap);
  void attachGaps();

  Ring& ring_;
  Counters& counters_;
  Options options_;
  Decoder decoder_;
  SequenceAccount account_;
  Decoded event_;
  // Where a record is decoded to when the ring has no room for it.
  Batch scratch_;
  OverflowRun overflow_;
  std::vector<Gap> gaps_;
};

}  // namespace exectap
