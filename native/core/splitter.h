#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace exectap {

// Bytes behind a line that may be read, though they mean nothing; simdjson's need.
constexpr size_t linePadding = 64;
// One read: larger chunks measured no faster.
constexpr size_t readBytes = 256 * 1024;

struct Line {
  const char* data = nullptr;
  size_t length = 0;
  // Counts from 1; blank and over-long lines have a number too.
  uint64_t number = 0;
  // Of the line's first byte in the stream.
  uint64_t offset = 0;
  // false for a last line without '\n'.
  bool terminated = true;
  // The line was longer than the limit: its bytes are gone.
  bool tooLong = false;
};

// Cuts a stream of bytes into lines. Holds at most one line of the limit's length and one read; a longer line is
// passed over as it arrives.
class LineSplitter {
 public:
  explicit LineSplitter(size_t maxLineBytes);

  struct Space {
    char* data;
    size_t length;
  };
  // Where the next bytes of the stream belong. Lines handed out before are dead after this call.
  Space space();
  void commit(size_t bytes);
  // The next complete line without its '\n' or "\r\n"; readable for `linePadding` bytes beyond its end.
  bool next(Line& line);
  // At the end of the stream: what stands behind the last '\n', if anything.
  bool finish(Line& line);

  size_t capacity() const { return capacity_; }

 private:
  bool take(Line& line, size_t end, bool terminated);
  void resize(size_t capacity);
  void skipLongLine();

  size_t maxLineBytes_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t start_ = 0;
  size_t scanned_ = 0;
  size_t end_ = 0;
  // A line beyond the limit is being passed over until its '\n'.
  bool skipping_ = false;
  uint64_t startOffset_ = 0;
  uint64_t longLineOffset_ = 0;
  uint64_t lineNumber_ = 0;
};

}  // namespace exectap
