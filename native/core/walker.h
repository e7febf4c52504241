#pragma once

#include <cstdint>
#include <cstring>

#include "batch.h"
#include "simdjson.h"

namespace exectap {

namespace ondemand = simdjson::ondemand;

// The first four bytes of a key with its closing quote, as a case label. eslogger prints the keys of every object in
// random order, so objects are walked once with a switch; looking keys up by name rescans the object for each.
template <size_t n>
constexpr uint32_t tag(const char (&key)[n]) {
  static_assert(n >= 5, "a tag needs four bytes");
  return static_cast<uint32_t>(static_cast<uint8_t>(key[0])) | static_cast<uint32_t>(static_cast<uint8_t>(key[1])) << 8 |
         static_cast<uint32_t>(static_cast<uint8_t>(key[2])) << 16 |
         static_cast<uint32_t>(static_cast<uint8_t>(key[3])) << 24;
}

// The tag of a key as it stands in the line. Reads four bytes: lines are padded.
inline uint32_t tagAt(const char* key) {
  uint32_t value = 0;
  std::memcpy(&value, key, sizeof value);
  return value;
}

// Whether the key in the line is this one; `expected` includes the closing quote.
template <size_t n>
inline bool keyIs(const char* key, const char (&expected)[n]) {
  return std::memcmp(key, expected, n - 1) == 0;
}

// What made a line undecodable.
struct Fault {
  const char* scope = "";
  const char* name = "";
  const char* what = "";
};

// Reads JSON values into the record that a batch has begun. Every method returns false after noting a fault; the
// caller stops then, since simdjson's iterator is not usable after an error.
class Walker {
 public:
  Walker(ondemand::parser& parser, Batch& batch, uint32_t* record)
      : record(record), text(batch.textEnd()), base_(batch.text()), batch_(batch), parser_(parser) {}

  bool fail(const char* name, const char* what) {
    fault.scope = scope;
    fault.name = name;
    fault.what = what;
    return false;
  }
  bool fail(const char* name, simdjson::error_code error) { return fail(name, simdjson::error_message(error)); }

  // Integers of 32 bits, signed or not: macOS prints uid_t and pid_t as it finds them.
  bool word(ondemand::value value, const char* name, uint32_t& out);
  bool unsigned64(ondemand::value value, const char* name, uint64_t& out);
  bool boolean(ondemand::value value, const char* name, bool& out);
  // Unescapes a string into the batch; `out` are the two words of a text.
  bool string(ondemand::value value, const char* name, uint32_t* out);
  // The same, with null leaving the text absent.
  bool stringOrNull(ondemand::value value, const char* name, uint32_t* out);
  // RFC 3339 text and its microseconds since the epoch.
  bool time(ondemand::value value, const char* name, uint32_t* outText, uint32_t* outUs, int64_t& nanoseconds);
  // The path of a file object; null leaves it absent.
  bool path(ondemand::value value, const char* name, uint32_t* out, bool* truncated, uint32_t* rdev);
  // Arguments one behind another, separated by a space, so that the command line is one slice of them.
  bool arguments(ondemand::value value, const char* name);

  bool isNull(ondemand::value& value, const char* name, bool& out);

  uint32_t* record;
  // Where the next text goes.
  uint8_t* text;
  // Names the object being walked in a fault: "event.exec.target".
  const char* scope = "";
  Fault fault;

 private:
  bool rdevOf(ondemand::value stat, const char* name, uint32_t& rdev);

  uint8_t* base_;
  Batch& batch_;
  ondemand::parser& parser_;
};

}  // namespace exectap
