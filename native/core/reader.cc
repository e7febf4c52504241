#include "reader.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace exectap {

Reader::Reader(ReaderOptions options, Counters& counters, std::function<void()> notify)
    : options_(std::move(options)),
      counters_(counters),
      ring_(options_.ringBatches, options_.batchRecords, std::move(notify), [this] { waiter_.wake(); }),
      intake_(ring_, counters_, {options_.live, options_.maxLineBytes}),
      splitter_(options_.maxLineBytes) {
  // Duplicated here and not on the thread: the caller may close its own as soon as this returns.
  if (options_.path.empty()) {
    descriptor_ = fcntl(options_.descriptor, F_DUPFD_CLOEXEC, 0);
    if (descriptor_ < 0) fail("open", errno);
    // The write end of a pipe can be waited for without end: it never becomes readable.
    if (descriptor_ >= 0 && (fcntl(descriptor_, F_GETFL) & O_ACCMODE) == O_WRONLY) fail("read", EBADF);
  }
  if (failure_.error == 0 && waiter_.error() != 0) fail("open", waiter_.error());
  thread_ = std::thread([this] { run(); });
}

Reader::~Reader() {
  stop();
  join();
}

void Reader::stop() {
  stopping_.store(true);
  ring_.cancel();
  waiter_.wake();
}

void Reader::join() {
  if (thread_.joinable()) thread_.join();
}

void Reader::fail(const char* operation, int error) {
  failure_.operation = operation;
  failure_.error = error;
}

void Reader::run() {
  // Signals are for the thread that runs JavaScript.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  if (failure_.error == 0 && openStream()) {
    readStream();
    if (!stopping_.load()) {
      Line line;
      if (splitter_.finish(line)) intake_.line(line);
      intake_.finish();
    }
  }
  if (descriptor_ >= 0) close(descriptor_);
  ring_.end();
}

bool Reader::openStream() {
  if (descriptor_ >= 0) return true;
  // O_NONBLOCK: opening a FIFO that nobody writes to would wait beyond stop()'s reach.
  do {
    descriptor_ = open(options_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) fail("open", errno);
  return descriptor_ >= 0;
}

bool Reader::wait() {
  while (!stopping_.load()) {
    switch (waiter_.wait(descriptor_)) {
      case Waiter::Result::readable: return true;
      case Waiter::Result::woken: intake_.pause(); break;
      case Waiter::Result::failed: fail("wait", errno); return false;
    }
  }
  return false;
}

void Reader::readStream() {
  while (wait()) {
    const LineSplitter::Space space = splitter_.space();
    const ssize_t got = read(descriptor_, space.data, space.length);
    if (got == 0) return;
    if (got < 0) {
      const int error = errno;
      if (error == EINTR || error == EAGAIN || error == EWOULDBLOCK) continue;
      // Linux ends a pseudo-terminal whose other side was closed with EIO.
      if (error == EIO && isatty(descriptor_)) return;
      fail("read", error);
      return;
    }
    if (!consume(static_cast<size_t>(got))) return;
  }
}

bool Reader::consume(size_t bytes) {
  counters_.bytes.add(bytes);
  splitter_.commit(bytes);
  Line line;
  while (splitter_.next(line)) {
    if (!intake_.line(line) || stopping_.load(std::memory_order_relaxed)) return false;
  }
  intake_.pause();
  return true;
}

}  // namespace exectap
