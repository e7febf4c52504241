#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "batch.h"
#include "walker.h"

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
  // The line held invalid UTF-8, which became U+FFFD.
  bool replacedUtf8 = false;
  // Why the line could not be decoded, for a person.
  std::string reason;
};

// Decodes one line at a time. A bad line spoils only itself.
class Decoder {
 public:
  explicit Decoder(size_t maxLineBytes);

  // `json` starts with '{' and is readable for `linePadding` bytes beyond `length`. Leaves a begun record in `batch`
  // (with its text up to `textEnd()`) when the outcome is `record`, and nothing otherwise.
  void decode(const char* json, size_t length, Batch& batch, Decoded& out);
  uint8_t* textEnd() const { return textEnd_; }

 private:
  // Returns false when the line is not valid UTF-8.
  bool attempt(const char* json, size_t length, Batch& batch, Decoded& out);
  void decodeDocument(ondemand::document& document, const char* json, size_t length, Batch& batch, Decoded& out);
  void readNumbers(const char* json, size_t length, Decoded& out);
  void giveBackMemory();

  ondemand::parser parser_;
  std::string repaired_;
  size_t maxLineBytes_;
  uint8_t* textEnd_ = nullptr;
};

}  // namespace exectap
