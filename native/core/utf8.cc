#include "utf8.h"

#include <cstdint>

namespace exectap {

namespace {

struct Sequence {
  size_t length;
  // false: `length` bytes are one maximal ill-formed part.
  bool valid;
  // The text ends before the sequence could be decided.
  bool cut;
};

// Well-formed byte sequences: table 3-7 of the Unicode Standard.
Sequence sequenceAt(const unsigned char* bytes, size_t available) {
  const unsigned char first = bytes[0];
  if (first < 0x80) return {1, true, false};
  size_t need = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    need = 1;
  } else if (first >= 0xE0 && first <= 0xEF) {
    need = 2;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    need = 3;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {1, false, false};
  }
  for (size_t index = 1; index <= need; ++index) {
    if (index >= available) return {index, false, true};
    if (bytes[index] < low || bytes[index] > high) return {index, false, false};
    low = 0x80;
    high = 0xBF;
  }
  return {need + 1, true, false};
}

}  // namespace

size_t replaceInvalidUtf8(const char* data, size_t length, std::string& out) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(data);
  size_t replaced = 0;
  size_t good = 0;
  size_t at = 0;
  while (at < length) {
    const Sequence found = sequenceAt(bytes + at, length - at);
    if (!found.valid) {
      out.append(data + good, at - good);
      out.append("\xEF\xBF\xBD");
      replaced += 1;
      good = at + found.length;
    }
    at += found.length;
  }
  out.append(data + good, length - good);
  return replaced;
}

std::string validHead(const char* data, size_t length, size_t limit) {
  size_t head = length < limit ? length : limit;
  if (head < length) {
    // A character is at most four bytes: its start is among the last three before the cut.
    for (size_t back = 1; back <= 3 && back <= head; ++back) {
      const auto* at = reinterpret_cast<const unsigned char*>(data + head - back);
      if ((*at & 0xC0) == 0x80) continue;
      const Sequence found = sequenceAt(at, length - (head - back));
      if (found.valid && found.length > back) head -= back;
      break;
    }
  }
  std::string text;
  replaceInvalidUtf8(data, head, text);
  return text;
}

}  // namespace exectap
