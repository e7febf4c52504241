#include "print.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "log.h"
#include "signals.h"
#include "tap_process.h"

namespace exectap {

namespace {

constexpr uint64_t patienceMs = 2000;

// More than this and a write to a pipe that poll(2) calls writable could block, and the tap would not be read.
size_t writeBytes() {
  struct stat facts = {};
  return fstat(STDOUT_FILENO, &facts) == 0 && S_ISREG(facts.st_mode) ? 64 * 1024 : PIPE_BUF;
}

class Printer {
 public:
  Printer(const Options& options, Owners owners, const HostFacts& host) : tap_(options, owners, stream_, host) {}

  int run() {
    if (!signals_.open()) {
      log("error", "no pipe", {{"error.message", std::strerror(errno)}});
      return 1;
    }
    stream_.blame(Stream::Cause::overflow);
    tap_.prepare();
    tap_.start(monotonicMs());
    while (tap_.process().running() || (!stream_.empty() && !readerGone_ && monotonicMs() < giveUpMs_)) turn();
    return failed_ || !tap_.started() ? 1 : 0;
  }

 private:
  void turn() {
    const uint64_t nowMs = monotonicMs();
    tap_.process().tick(nowMs);
    if (nowMs >= tap_.pokeDueMs()) tap_.poke();
    pollfd waits[] = {{signals_.descriptor(), POLLIN, 0},
                      {tap_.output(), POLLIN, 0},
                      {tap_.errors(), POLLIN, 0},
                      {stream_.empty() || readerGone_ ? -1 : STDOUT_FILENO, POLLOUT, 0}};
    const uint64_t due = tap_.process().running() ? tap_.process().nextMs() : giveUpMs_;
    const uint64_t next = std::min(due, tap_.pokeDueMs());
    const int timeout = next == never ? -1 : next > nowMs ? static_cast<int>(next - nowMs) : 0;
    if (poll(waits, sizeof waits / sizeof *waits, timeout) < 0) return;
    const uint64_t thenMs = monotonicMs();
    if (waits[1].revents != 0) tap_.readOutput(thenMs);
    if (waits[2].revents != 0) tap_.readErrors();
    if (waits[3].revents != 0) write(thenMs);
    if (waits[0].revents != 0) readSignals(thenMs);
  }

  void write(uint64_t nowMs) {
    if (stream_.writeTo(STDOUT_FILENO, mostBytes_, 1) || errno == EAGAIN || errno == EINTR) return;
    // `exectap tap | head` has seen enough: no failure.
    failed_ = errno != EPIPE;
    if (failed_) log("error", "standard output cannot be written", {{"error.message", std::strerror(errno)}});
    readerGone_ = true;
    end(nowMs);
  }

  void readSignals(uint64_t nowMs) {
    if (signals_.take().end) end(nowMs);
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
      if (pid != tap_.process().pid()) continue;
      // Live, a tap has no end of its own.
      if (!ending_) failed_ = true;
      tap_.ended(status, nowMs, true);
      // A reader that does not read is given up on.
      giveUpMs_ = nowMs + patienceMs;
    }
  }

  void end(uint64_t nowMs) {
    ending_ = true;
    tap_.process().terminate(nowMs, patienceMs);
  }

  Stream stream_;
  TapProcess tap_;
  Signals signals_;
  const size_t mostBytes_ = writeBytes();
  uint64_t giveUpMs_ = never;
  bool readerGone_ = false;
  bool ending_ = false;
  bool failed_ = false;
};

}  // namespace

int printStream(const Options& options, Owners owners, const HostFacts& host) {
  return Printer(options, owners, host).run();
}

}  // namespace exectap
