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

}  // namespace

Stream::Stream(size_t capacity) : capacity_(capacity), buffer_(new char[capacity + controlBytes]) {}

bool Stream::makeRoom(size_t bytes) {
  if (capacity_ + controlBytes - end_ >= bytes) return true;
  std::memmove(buffer_.get(), buffer_.get() + start_, end_ - start_);
  ready_ -= start_;
  end_ -= start_;
  start_ = 0;
  return capacity_ + controlBytes - end_ >= bytes;
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
      controlLine(held);
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
  controlLine(droppedLine(lines, droppedFor_ == Cause::worker ? "worker" : "overflow"));
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

void Stream::controlLine(const std::string& line) {
  if (midLine_) {
    if (heldControl_.size() + line.size() <= controlBytes / 2) heldControl_ += line;
    return;
  }
  if (!makeRoom(line.size())) return;
  char* const at = buffer_.get() + ready_;
  std::memmove(at + line.size(), at, end_ - ready_);
  std::memcpy(at, line.data(), line.size());
  ready_ += line.size();
  end_ += line.size();
}

void Stream::requeue(const std::string& greeting, const char* unread, size_t length) {
  const size_t front = greeting.size() + length;
  const size_t kept = end_ - start_;
  const bool room = kept + front <= capacity_ + controlBytes;
  if (!room) {
    // Whole lines of the pipe that find no room before the others.
    for (size_t index = 0; index < length; ++index) unreported_ += unread[index] == '\n' ? 1 : 0;
    droppedFor_ = Cause::worker;
  }
  const size_t taken = room ? front : greeting.size();
  std::memmove(buffer_.get() + taken, buffer_.get() + start_, kept);
  std::memcpy(buffer_.get(), greeting.data(), greeting.size());
  if (room) std::memcpy(buffer_.get() + greeting.size(), unread, length);
  ready_ = taken + (ready_ - start_);
  end_ = taken + kept;
  start_ = 0;
  if (!room) reportDropped();
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
    if (static_cast<size_t>(written) < part) break;
  }
  if (start_ == end_) start_ = ready_ = end_ = 0;
  // Told as soon as there is room: the tap may have nothing more to say for hours.
  resumeIfRoom();
  return true;
}

}  // namespace exectap
