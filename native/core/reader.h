#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "counters.h"
#include "intake.h"
#include "ring.h"
#include "waiter.h"

namespace exectap {

struct ReaderOptions {
  // Either a path, which the reader opens and closes, or a descriptor.
  std::string path;
  // The reader works on its own duplicate of it: the caller may close its own whenever it likes.
  int descriptor = -1;
  bool live = false;
  size_t maxLineBytes = 8 * 1024 * 1024;
  uint32_t batchRecords = 256;
  uint32_t ringBatches = 4;
};

// What ended the stream before its end.
struct ReadFailure {
  // "open", "read", "wait"; empty when nothing failed.
  const char* operation = "";
  int error = 0;
};

// Reads one stream on a thread of its own.
//
// Memory, with the default options: four batches of 256 records (528 bytes each) and 1 MiB of text, one read of 256 KiB,
// 1.5 MiB for simdjson. A line of the limit's 8 MiB adds, until it is consumed, itself, about 45 MiB in simdjson and at
// most its own length in its batch.
class Reader {
 public:
  // `notify`: see Ring. The thread starts at once. `counters` outlive the reader.
  Reader(ReaderOptions options, Counters& counters, std::function<void()> notify);
  // Stops and joins.
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Ring& ring() { return ring_; }
  // Valid once ring().ended().
  const ReadFailure& failure() const { return failure_; }

  // Makes the thread end soon, whatever it waits for. What it has not handed over yet is lost.
  void stop();
  void join();

 private:
  void run();
  bool openStream();
  void readStream();
  bool wait();
  bool consume(size_t bytes);
  void fail(const char* operation, int error);

  ReaderOptions options_;
  Waiter waiter_;
  Counters& counters_;
  Ring ring_;
  Intake intake_;
  LineSplitter splitter_;
  std::atomic<bool> stopping_{false};
  ReadFailure failure_;
  int descriptor_ = -1;
  std::thread thread_;
};

}  // namespace exectap
