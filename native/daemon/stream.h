#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace exectap {

// Bytes that may wait for the worker: two seconds of 2,000 executions a second.
constexpr size_t streamBytes = 4 * 1024 * 1024;
// An unfinished line is held back so that control lines can go before it; one longer than this goes out as it comes.
constexpr size_t heldBackBytes = 256 * 1024;

// What goes down the pipe to the worker: the tap's bytes and control lines, in order, whole line by whole line.
//
// The tap's bytes are looked at for '\n' and for nothing else. When there is no room, whole lines are dropped and
// counted, and a control line says how many before the next one that is kept.
class Stream {
 public:
  enum class Cause { overflow, worker };

  explicit Stream(size_t capacity = streamBytes);

  // Bytes that the tap wrote.
  void tapBytes(const char* data, size_t length);
  // The tap ended: half a line that it left is ended here, and never glued to the next one.
  void endTap();
  // A whole line with its '\n'; false where there is no room for it.
  bool controlLine(const std::string& line);
  // The worker is gone: `unread` is what it left in the pipe. All that waits is kept for the next one, behind `greeting`.
  void requeue(const std::string& greeting, const char* unread, size_t length);
  // Who is to blame when lines are dropped.
  void blame(Cause cause) { cause_ = cause; }

  bool empty() const { return start_ == ready_; }
  // Whether the tap's last line has begun and not ended.
  bool unfinished() const { return end_ > ready_ || midLine_; }
  // Writes what is ready, `most` bytes at once and in at most `times` writes; false with errno set when the descriptor
  // does not take it (EAGAIN: later).
  bool writeTo(int descriptor, size_t most, int times);

  uint64_t droppedLines() const { return droppedLines_; }
  uint64_t waitingLines() const;
  uint64_t sentBytes() const { return sentBytes_; }

 private:
  bool append(const char* data, size_t length);
  void release();
  void drop(const char*& data, size_t& length);
  void dropPartialLine();
  void resumeIfRoom();
  void reportDropped();
  bool makeRoom(size_t bytes);
  void dropFront(size_t bytes);
  void compact();

  // Bytes that the tap's lines may take, and all that there are.
  size_t capacity_;
  size_t size_;
  std::unique_ptr<char[]> buffer_;
  // start_ <= ready_ <= end_: sent before start_, whole lines before ready_, the unfinished line before end_.
  size_t start_ = 0;
  size_t ready_ = 0;
  size_t end_ = 0;
  // The head of the unfinished line has been released.
  bool midLine_ = false;
  std::string heldControl_;
  bool dropping_ = false;
  // The line that is being dropped has begun and not ended.
  bool dropsPart_ = false;
  // Lines dropped since the last control line about it.
  uint64_t unreported_ = 0;
  uint64_t droppedLines_ = 0;
  uint64_t sentBytes_ = 0;
  Cause cause_ = Cause::worker;
  Cause droppedFor_ = Cause::worker;
};

}  // namespace exectap
