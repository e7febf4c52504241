#pragma once

#include <cstdint>
#include <string>

namespace exectap {

// The newest es_message_t version whose fields were known when this was written (macOS 27).
constexpr uint32_t newestKnownVersion = 11;

enum class Outcome {
  // The record in the batch is complete: commit it.
  record,
  // An event that nobody asked for; nothing is in the batch.
  other,
  undecodable,
};

// What a line held, beside the record itself: what the sequence account and the counters need.
struct Decoded {
  Outcome outcome = Outcome::undecodable;
  uint32_t kind = 0;
  uint32_t eventType = 0;
  uint32_t version = 0;
  bool hasSeq = false;
  bool hasGlobal = false;
  uint64_t seq = 0;
  uint64_t global = 0;
  int64_t timeNs = 0;
  std::string time;
  // A control line that says that a tap started: the numbers begin anew.
  bool startsRun = false;
  // Lines that a control line tells are missing.
  uint64_t dropped = 0;
  // The line held invalid UTF-8, which became U+FFFD.
  bool replacedUtf8 = false;
  // Why the line could not be decoded, for a person.
  std::string reason;
};

}  // namespace exectap
