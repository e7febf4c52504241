#pragma once

#include <cstddef>
#include <string>

#include "batch.h"
#include "decoded.h"
#include "walker.h"

namespace exectap {

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
