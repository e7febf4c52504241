#include "splitter.h"

#include <cstring>

namespace exectap {

namespace {
// Less free room than this and a read is not worth its system call.
constexpr size_t leastRead = readBytes / 4;
}  // namespace

LineSplitter::LineSplitter(size_t maxLineBytes) : maxLineBytes_(maxLineBytes) { resize(readBytes); }

void LineSplitter::resize(size_t capacity) {
  std::unique_ptr<char[]> other(new char[capacity + linePadding]);
  const size_t kept = end_ - start_;
  if (kept > 0) std::memcpy(other.get(), buffer_.get() + start_, kept);
  std::memset(other.get() + kept, 0, capacity + linePadding - kept);
  buffer_ = std::move(other);
  capacity_ = capacity;
  scanned_ -= start_;
  end_ = kept;
  start_ = 0;
}

LineSplitter::Space LineSplitter::space() {
  if (start_ == end_) {
    start_ = scanned_ = end_ = 0;
    if (capacity_ > readBytes) resize(readBytes);
  } else if (start_ > 0 && capacity_ - end_ < leastRead) {
    std::memmove(buffer_.get(), buffer_.get() + start_, end_ - start_);
    scanned_ -= start_;
    end_ -= start_;
    start_ = 0;
  }
  if (capacity_ - end_ < leastRead) {
    // Never above the limit by more than one read: commit() drops a line as soon as it is longer.
    const size_t bound = maxLineBytes_ + 2 + readBytes;
    const size_t doubled = capacity_ * 2;
    resize(doubled < bound ? doubled : (bound > capacity_ ? bound : capacity_ + readBytes));
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void LineSplitter::commit(size_t bytes) {
  end_ += bytes;
  if (skipping_) skipLongLine();
}

void LineSplitter::skipLongLine() {
  const char* from = buffer_.get() + start_;
  const void* newline = std::memchr(from, '\n', end_ - start_);
  const size_t passed = newline == nullptr ? end_ - start_ : static_cast<size_t>(static_cast<const char*>(newline) - from);
  start_ += passed;
  startOffset_ += passed;
  scanned_ = start_;
}

bool LineSplitter::take(Line& line, size_t end, bool terminated) {
  line.data = buffer_.get() + start_;
  line.length = end - start_;
  line.number = ++lineNumber_;
  line.offset = startOffset_;
  line.terminated = terminated;
  line.tooLong = false;
  const size_t used = line.length + (terminated ? 1 : 0);
  if (line.length > 0 && line.data[line.length - 1] == '\r') line.length -= 1;
  if (skipping_ || line.length > maxLineBytes_) {
    line.tooLong = true;
    line.length = 0;
    if (skipping_) line.offset = longLineOffset_;
    skipping_ = false;
  }
  start_ += used;
  scanned_ = start_;
  startOffset_ += used;
  return true;
}

bool LineSplitter::next(Line& line) {
  const void* newline = scanned_ < end_ ? std::memchr(buffer_.get() + scanned_, '\n', end_ - scanned_) : nullptr;
  if (newline != nullptr) return take(line, static_cast<size_t>(static_cast<const char*>(newline) - buffer_.get()), true);
  scanned_ = end_;
  // One byte more than the limit may be the '\r' of "\r\n".
  if (!skipping_ && end_ - start_ > maxLineBytes_ + 1) {
    skipping_ = true;
    longLineOffset_ = startOffset_;
    skipLongLine();
  }
  return false;
}

bool LineSplitter::finish(Line& line) {
  if (start_ == end_ && !skipping_) return false;
  // What an earlier, longer use of the buffer left behind the end must not read as part of the line.
  std::memset(buffer_.get() + end_, 0, linePadding);
  return take(line, end_, false);
}

}  // namespace exectap
