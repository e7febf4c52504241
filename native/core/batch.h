#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "record.h"

namespace exectap {

// Text of one batch beyond which it is published early and, after it was handed over, shrunk again.
constexpr size_t softTextBytes = 1024 * 1024;
// simdjson writes strings in blocks and may overshoot by this much.
constexpr size_t textPadding = 64;

enum class GapCause { kernel, overflow };

// Numbers of a stream that did not reach the consumer.
struct Gap {
  GapCause cause = GapCause::kernel;
  uint64_t lost = 0;
  // Last number seen before and first one after; only known when the lines carry numbers.
  bool hasAfter = false;
  bool hasBefore = false;
  uint64_t afterSeq = 0;
  uint64_t beforeSeq = 0;
  std::string fromTime;
  std::string toTime;
  // What is known of the types of the lost events at the moment the gap ends: (event type, lost).
  std::vector<std::pair<uint32_t, uint64_t>> lostByType;
};

// Records, their arguments and their text, in three flat buffers that can be copied out as they are.
class Batch {
 public:
  explicit Batch(uint32_t maxRecords);

  bool full() const { return count_ == maxRecords_; }
  uint32_t count() const { return count_; }
  // Whether text of this many bytes still goes in without growing beyond the soft bound.
  bool hasRoomFor(size_t textBytes) const { return textUsed_ + textBytes <= softTextBytes; }

  // A cleared record, with room behind `textEnd()` for `textBytes`. Every text of a record is made from distinct parts
  // of its line and is never longer than them, so the length of the line is always enough.
  uint32_t* begin(size_t textBytes);
  // Keeps the record that was begun; `textEnd` is where its text ended.
  void commit(uint8_t* textEnd);
  // Forgets the record that was begun.
  void drop();
  uint32_t* current() { return records_.data() + static_cast<size_t>(count_) * recordWords; }

  uint8_t* text() { return text_.get(); }
  const uint8_t* text() const { return text_.get(); }
  uint8_t* textEnd() { return text_.get() + textUsed_; }
  size_t textUsed() const { return textUsed_; }
  size_t textCapacity() const { return textCapacity_; }

  // (offset, length) pairs of arguments, two words each.
  std::vector<uint32_t>& arguments() { return arguments_; }
  const std::vector<uint32_t>& arguments() const { return arguments_; }
  const uint32_t* record(uint32_t index) const { return records_.data() + static_cast<size_t>(index) * recordWords; }
  size_t recordBytes() const { return static_cast<size_t>(count_) * recordWords * sizeof(uint32_t); }

  std::vector<Gap> gaps;

  // Makes the batch empty and gives back what an uncommonly large line had made it grow to.
  void reset();

 private:
  uint32_t maxRecords_;
  uint32_t count_ = 0;
  std::vector<uint32_t> records_;
  std::vector<uint32_t> arguments_;
  size_t argumentsKept_ = 0;
  std::unique_ptr<uint8_t[]> text_;
  size_t textUsed_ = 0;
  size_t textCapacity_ = 0;
};

}  // namespace exectap
