#include "stream.h"

#include <unistd.h>

#include <cstring>

#include "control_lines.h"

namespace exectap {

namespace {

// The part up to and including the last '\n'.
size_t wholeLines(const char* data, size_t length) {
  while (length > 0 && data[length - 1] != '\n') --length;
  return length;
}

// Room that tap bytes leave for control lines, which are few and short.
constexpr size_t controlBytes = 64 * 1024;
// Kept free by everything but the line feed that ends a line whose rest is dropped.
constexpr size_t spareBytes = 64;

}  // namespace

Stream::Stream(size_t capacity)
    : capacity_(capacity), size_(capacity + controlBytes), buffer_(new char[capacity + controlBytes]) {}

void Stream::compact() {
  std::memmove(buffer_.get(), buffer_.get() + start_, end_ - start_);
  ready_ -= start_;
  end_ -= start_;
  start_ = 0;
}

bool Stream::makeRoom(size_t bytes) {
  if (bytes <= size_ - end_) return true;
  compact();
  return bytes <= size_ - end_;
}

bool Stream::append(const char* data, size_t length) {
  if (end_ - start_ + length > capacity_ || !makeRoom(length)) return false;
  std::memcpy(buffer_.get() + end_, data, length);
  end_ += length;
  return true;
}

void Stream::tapBytes(const char* data, size_t length) {
  while (length > 0) {
    if (dropping_) {
      drop(data, length);
      continue;
    }
    const size_t held = end_ - start_;
    const size_t room = held < capacity_ ? capacity_ - held : 0;
    const size_t part = length < room ? length : room;
    if (part > 0) append(data, part);
    data += part;
    length -= part;
    release();
    if (length > 0) dropPartialLine();
  }
}

// Moves ready_ behind the last whole line, and lets a line that is longer than what is held back go.
void Stream::release() {
  const size_t unfinished = midLine_ ? end_ - ready_ : 0;
  const size_t whole = wholeLines(buffer_.get() + ready_, end_ - ready_);
  if (whole > 0) {
    ready_ += whole;
    midLine_ = false;
    // Held while a long line was under way; it goes behind the lines that came with the long line's end.
    if (!heldControl_.empty()) {
      std::string held;
      held.swap(heldControl_);
      if (!controlLine(held)) heldControl_ = held;
    }
  }
  if (unfinished > 0 && whole == 0) {
    ready_ = end_;
  } else if (end_ - ready_ > heldBackBytes) {
    ready_ = end_;
    midLine_ = true;
  }
}

void Stream::dropPartialLine() {
  dropping_ = true;
  dropsPart_ = end_ > ready_ || midLine_;
  droppedFor_ = cause_;
  end_ = ready_;
  // The head of the line is with the worker already: it must not run on into the next one.
  if (midLine_ && makeRoom(1)) {
    buffer_[end_++] = '\n';
    ready_ = end_;
    midLine_ = false;
  }
}

// Passes over whole lines until half of the room is free again: otherwise each line that fits would make a gap.
void Stream::drop(const char*& data, size_t& length) {
  const char* const newline = static_cast<const char*>(std::memchr(data, '\n', length));
  if (newline == nullptr) {
    dropsPart_ = true;
    length = 0;
    return;
  }
  dropsPart_ = false;
  ++unreported_;
  ++droppedLines_;
  length -= static_cast<size_t>(newline + 1 - data);
  data = newline + 1;
  resumeIfRoom();
}

void Stream::resumeIfRoom() {
  if (!dropping_ || dropsPart_ || end_ - start_ > capacity_ / 2) return;
  dropping_ = false;
  reportDropped();
}

void Stream::reportDropped() {
  if (unreported_ == 0) return;
  const uint64_t lines = unreported_;
  unreported_ = 0;
  // Told later where there is no room for it.
  if (!controlLine(droppedLine(lines, droppedFor_ == Cause::worker ? "worker" : "overflow"))) unreported_ += lines;
}

void Stream::endTap() {
  if (dropping_) {
    // The rest of the line that is being dropped will not come.
    if (dropsPart_) {
      ++unreported_;
      ++droppedLines_;
    }
    dropping_ = false;
    reportDropped();
    return;
  }
  if (end_ > ready_ || midLine_) {
    if (makeRoom(1)) buffer_[end_++] = '\n';
    release();
  }
}

bool Stream::controlLine(const std::string& line) {
  if (midLine_) {
    if (heldControl_.size() + line.size() > controlBytes / 2) return false;
    heldControl_ += line;
    return true;
  }
  if (!makeRoom(line.size() + spareBytes)) return false;
  char* const at = buffer_.get() + ready_;
  std::memmove(at + line.size(), at, end_ - ready_);
  std::memcpy(at, line.data(), line.size());
  ready_ += line.size();
  end_ += line.size();
  return true;
}

// Gives up lines that wait, oldest first, until so many bytes are free; they are counted.
void Stream::dropFront(size_t bytes) {
  compact();
  if (bytes <= size_ - end_) return;
  size_t gone = bytes - (size_ - end_);
  while (gone < ready_ && buffer_[gone - 1] != '\n') ++gone;
  if (gone > ready_) gone = ready_;
  for (size_t at = 0; at < gone; ++at) {
    if (buffer_[at] != '\n') continue;
    ++unreported_;
    ++droppedLines_;
  }
  droppedFor_ = Cause::worker;
  start_ = gone;
  compact();
}

void Stream::requeue(const std::string& greeting, const char* unread, size_t length) {
  dropFront(greeting.size() + spareBytes);
  const size_t free = size_ - end_;
  const size_t room = free > spareBytes ? free - spareBytes : 0;
  if (greeting.size() > room || length > room - greeting.size()) {
    // The pipe's lines find no room before the others.
    for (size_t index = 0; index < length; ++index) {
      if (unread[index] != '\n') continue;
      ++unreported_;
      ++droppedLines_;
    }
    droppedFor_ = Cause::worker;
    length = 0;
  }
  if (greeting.size() > room) return;
  const size_t front = greeting.size() + length;
  std::memmove(buffer_.get() + front, buffer_.get(), end_);
  std::memcpy(buffer_.get(), greeting.data(), greeting.size());
  if (length > 0) std::memcpy(buffer_.get() + greeting.size(), unread, length);
  ready_ += front;
  end_ += front;
  if (!dropping_) reportDropped();
}

uint64_t Stream::waitingLines() const {
  uint64_t lines = 0;
  for (size_t at = start_; at < ready_; ++at) lines += buffer_[at] == '\n' ? 1 : 0;
  return lines;
}

bool Stream::writeTo(int descriptor, size_t most, int times) {
  for (; times > 0 && start_ < ready_; --times) {
    const size_t part = ready_ - start_ < most ? ready_ - start_ : most;
    const ssize_t written = write(descriptor, buffer_.get() + start_, part);
    if (written < 0) return false;
    start_ += static_cast<size_t>(written);
    sentBytes_ += static_cast<uint64_t>(written);
    if (static_cast<size_t>(written) < part) break;
  }
  if (start_ == end_) start_ = ready_ = end_ = 0;
  // Told as soon as there is room: the tap may have nothing more to say for hours.
  resumeIfRoom();
  if (!dropping_) reportDropped();
  return true;
}

}  // namespace exectap
