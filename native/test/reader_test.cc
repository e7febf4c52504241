#include "../core/reader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>

#include "../core/pipe.h"
#include "check.h"
#include "lines.h"

using namespace exectap;

namespace {

// What the JavaScript side does: looks, and waits to be called when there is nothing.
class Consumer {
 public:
  std::function<void()> notify() {
    return [this] {
      const std::lock_guard<std::mutex> lock(mutex_);
      called_ = true;
      changed_.notify_one();
    };
  }

  // Takes until the end; gives the number of records.
  uint32_t drain(Reader& reader) {
    uint32_t records = 0;
    while (take(reader, records)) {
    }
    return records;
  }

  // One batch; false at the end.
  bool take(Reader& reader, uint32_t& records) {
    for (;;) {
      if (const Batch* batch = reader.ring().front()) {
        records += batch->count();
        reader.ring().pop();
        return true;
      }
      if (reader.ring().ended()) return false;
      std::unique_lock<std::mutex> lock(mutex_);
      if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return called_; })) {
        check::fault(__FILE__, __LINE__, "nothing came for ten seconds");
        return false;
      }
      called_ = false;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool called_ = false;
};

struct Pipe {
  int readEnd = -1;
  int writeEnd = -1;
  Pipe() { CHECK(makePipe(readEnd, writeEnd)); }
  ~Pipe() {
    if (readEnd >= 0) close(readEnd);
    finish();
  }
  void put(const std::string& text) {
    size_t written = 0;
    while (written < text.size()) {
      const ssize_t more = write(writeEnd, text.data() + written, text.size() - written);
      if (more < 0) return;
      written += static_cast<size_t>(more);
    }
  }
  void finish() {
    if (writeEnd >= 0) close(writeEnd);
    writeEnd = -1;
  }
};

ReaderOptions fromDescriptor(int descriptor) {
  ReaderOptions options;
  options.descriptor = descriptor;
  return options;
}

}  // namespace

TEST(a_pipe_is_read_to_its_end_with_its_last_line) {
  Pipe pipe;
  Consumer consumer;
  Counters counters;
  Reader reader(fromDescriptor(pipe.readEnd), counters, consumer.notify());
  std::thread writer([&] {
    for (int index = 0; index < 5000; ++index) pipe.put(lines::exitLine({-1, index}) + "\n");
    pipe.put(lines::exitLine({-1, 5000}));
    pipe.finish();
  });
  EQUAL(consumer.drain(reader), 5001u);
  writer.join();
  EQUAL(reader.failure().error, 0);
  EQUAL(counters.gaps.get(), uint64_t{0});
}

TEST(a_line_is_handed_over_before_the_next_one_comes) {
  Pipe pipe;
  Consumer consumer;
  Counters counters;
  Reader reader(fromDescriptor(pipe.readEnd), counters, consumer.notify());
  for (int index = 0; index < 3; ++index) {
    uint32_t records = 0;
    pipe.put(lines::exitLine() + "\n");
    CHECK(consumer.take(reader, records));
    EQUAL(records, 1u);
  }
}

TEST(stopping_ends_a_reader_of_a_silent_pipe_at_once) {
  Pipe pipe;
  Consumer consumer;
  Counters counters;
  Reader reader(fromDescriptor(pipe.readEnd), counters, consumer.notify());
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto before = std::chrono::steady_clock::now();
  reader.stop();
  reader.join();
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(1));
}

TEST(stopping_ends_a_reader_that_waits_for_its_consumer) {
  Pipe pipe;
  Consumer consumer;
  ReaderOptions options = fromDescriptor(pipe.readEnd);
  options.ringBatches = 1;
  options.batchRecords = 1;
  Counters counters;
  Reader reader(options, counters, consumer.notify());
  pipe.put(lines::exitLine() + "\n" + lines::exitLine() + "\n" + lines::exitLine() + "\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  reader.stop();
  reader.join();
}

TEST(the_reader_keeps_its_own_descriptor) {
  Pipe pipe;
  Consumer consumer;
  Counters counters;
  Reader reader(fromDescriptor(pipe.readEnd), counters, consumer.notify());
  close(pipe.readEnd);
  pipe.readEnd = -1;
  pipe.put(lines::exitLine() + "\n");
  pipe.finish();
  EQUAL(consumer.drain(reader), 1u);
}

TEST(what_cannot_be_opened_or_read_tells_its_error) {
  const auto failureOf = [](ReaderOptions options) {
    Consumer consumer;
    Counters counters;
    Reader reader(std::move(options), counters, consumer.notify());
    EQUAL(consumer.drain(reader), 0u);
    return reader.failure();
  };
  ReaderOptions missing;
  missing.path = "/nonexistent/capture.ndjson";
  EQUAL(failureOf(missing).error, ENOENT);
  ReaderOptions folder;
  folder.path = "/";
  EQUAL(failureOf(folder).error, EISDIR);
  EQUAL(std::string(failureOf(folder).operation), std::string("read"));
  EQUAL(failureOf(fromDescriptor(123456)).error, EBADF);
  Pipe pipe;
  EQUAL(failureOf(fromDescriptor(pipe.writeEnd)).error, EBADF);
}

TEST(a_descriptor_that_does_not_block_is_waited_for) {
  Pipe pipe;
  fcntl(pipe.readEnd, F_SETFL, O_NONBLOCK);
  Consumer consumer;
  Counters counters;
  Reader reader(fromDescriptor(pipe.readEnd), counters, consumer.notify());
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  pipe.put(lines::exitLine() + "\n");
  pipe.finish();
  EQUAL(consumer.drain(reader), 1u);
}

TEST(a_pseudo_terminal_is_read_with_its_carriage_returns_until_the_other_side_closes) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  CHECK(slave >= 0);
  Consumer consumer;
  Counters counters;
  Reader reader(fromDescriptor(master), counters, consumer.notify());
  // A terminal's buffer holds 4 KiB, so each line is taken before the next.
  for (int index = 0; index < 5; ++index) {
    const std::string line = lines::exitLine({-1, index}) + "\n";
    EQUAL(write(slave, line.data(), line.size()), static_cast<ssize_t>(line.size()));
    uint32_t records = 0;
    while (records == 0 && consumer.take(reader, records)) {
    }
    EQUAL(records, 1u);
  }
  close(slave);
  EQUAL(consumer.drain(reader), 0u);
  EQUAL(reader.failure().error, 0);
  EQUAL(counters.exit.get(), uint64_t{5});
  EQUAL(counters.undecodable.get(), uint64_t{0});
  close(master);
}
