#include "worker_process.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../core/pipe.h"
#include "log.h"
#include "system.h"

namespace exectap {

namespace {

constexpr size_t writeBytes = 1024 * 1024;
constexpr int writesInTurn = 16;

}  // namespace

bool WorkerProcess::openPipe() {
  int readEnd = -1, writeEnd = -1;
  if (!makePipe(readEnd, writeEnd)) return false;
  readEnd_.reset(readEnd);
  writeEnd_.reset(writeEnd);
  return writeEnd_.doNotBlock();
}

pid_t WorkerProcess::startProcess(StartFailure& failure) {
  int asks = -1, askEnd = -1;
  failure = {"make a pipe", 0};
  const bool made = openPipe() && makePipe(asks, askEnd);
  failure.error = errno;
  requests_.reset(asks);
  const Descriptor askerEnd(askEnd), outEnd(output_.open()), errEnd(errors_.open());
  if (!made || !outEnd.open() || !errEnd.open() || !requests_.doNotBlock()) return -1;
  const ControlSocket control = makeSocket_();
  control_.reset(control.descriptor);
  ChildPlan plan;
  plan.command = command_;
  plan.environment = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/var/empty", "LANG=en_US.UTF-8"};
  plan.descriptors = {{readEnd_.get(), 0}, {outEnd.get(), 1}, {errEnd.get(), 2}, {askEnd, 3}};
  if (control_.open()) {
    plan.descriptors.emplace_back(control_.get(), 4);
    plan.environment.push_back("EXECTAP_ADMIN_GID=" + (control.group < 0 ? "none" : std::to_string(control.group)));
  }
  plan.account = account_;
  return startChild(plan, failure);
}

void WorkerProcess::start(uint64_t nowMs) {
  StartFailure failure;
  const pid_t pid = startProcess(failure);
  // The worker has its own; one that was taken over could listen on ours after its end.
  control_.reset();
  if (pid < 0) {
    const uint64_t wait = process_.ended(nowMs);
    log("error", "the worker cannot be started",
        {{"error.message", std::string("cannot ") + failure.step + ": " + std::strerror(failure.error)},
         {"retry.ms", std::to_string(wait)}});
    return;
  }
  reader_ = RequestReader();
  refusedInLife_ = 0;
  process_.started(pid, nowMs);
  lastBeatMs_ = lastReadMs_ = nowMs;
  stream_.blame(Stream::Cause::overflow);
  log("info", "worker started", {{"worker.pid", std::to_string(pid)}});
}

uint64_t WorkerProcess::hangsAtMs() const {
  if (!process_.running()) return never;
  const uint64_t since = stream_.empty() ? lastBeatMs_ : std::min(lastBeatMs_, lastReadMs_);
  return since + hangsAfterMs;
}

void WorkerProcess::writeStream(uint64_t nowMs) {
  if (stream_.empty()) lastReadMs_ = nowMs;
  if (!process_.running() || !writeEnd_.open() || stream_.empty()) return;
  const uint64_t before = stream_.sentBytes();
  if (!stream_.writeTo(writeEnd_.get(), writeBytes, writesInTurn) && errno != EAGAIN && errno != EINTR) {
    log("error", "the worker's pipe cannot be written", {{"error.message", std::strerror(errno)}});
  }
  if (stream_.sentBytes() != before) lastReadMs_ = nowMs;
}

void WorkerProcess::readRequests(uint64_t nowMs, const std::function<void(const Request&)>& handle) {
  uint8_t bytes[requestBytes * 64];
  const ssize_t length = read(requests_.get(), bytes, sizeof bytes);
  if (length < 0) return;
  std::vector<Request> requests;
  const bool good = length > 0 ? reader_.take(bytes, static_cast<size_t>(length), requests) : !reader_.partial();
  for (const Request& request : requests) {
    if (request.type != RequestType::heartbeat) {
      handle(request);
    } else if (beats_.allow(nowMs)) {
      lastBeatMs_ = nowMs;
    } else {
      refuse(nowMs);
    }
  }
  if (length == 0 && good) requests_.reset();
  if (!good) {
    refuse(nowMs);
    replace("the worker sent what is no request: its channel is closed and it is ended", nowMs);
  } else if (refusedInLife_ > mostRefused) {
    replace("the worker floods its channel: it is closed and the worker is ended", nowMs);
  }
}

// It does not act as our program does: whoever it is, a fresh one takes its place.
void WorkerProcess::replace(const char* why, uint64_t nowMs) {
  requests_.reset();
  log("error", why, {{"worker.pid", std::to_string(process_.pid())}});
  process_.terminate(nowMs, workerPatienceMs);
}

bool WorkerProcess::refuse(uint64_t nowMs) {
  ++refused_;
  ++refusedInLife_;
  return refusals_.allow(nowMs);
}

void WorkerProcess::tick(uint64_t nowMs) {
  if (nowMs >= hangsAtMs()) {
    lastBeatMs_ = lastReadMs_ = nowMs;
    replace("the worker gives no sign of life, or reads nothing, and is ended", nowMs);
  }
  process_.tick(nowMs);
}

// Reads out what the worker left in the pipe, so that its successor begins with what it must hear first. Whoever might
// have read at the same time has been ended; nobody can make this wait.
void WorkerProcess::takeBack(const std::string& greeting) {
  readEnd_.doNotBlock();
  std::string unread;
  char bytes[64 * 1024];
  // The most that a pipe was ever seen to hold.
  while (unread.size() < 1024 * 1024) {
    const ssize_t length = read(readEnd_.get(), bytes, sizeof bytes);
    if (length <= 0) break;
    unread.append(bytes, static_cast<size_t>(length));
  }
  stream_.requeue(greeting, unread.data(), unread.size());
}

void WorkerProcess::ended(int status, uint64_t nowMs, const std::string& greeting, pid_t spared) {
  requests_.reset();
  if (account_ != nullptr) endLeftOvers(account_->uid, account_->gid, spared);
  output_.finish();
  errors_.finish();
  if (readEnd_.open()) takeBack(greeting);
  readEnd_.reset();
  writeEnd_.reset();
  stream_.blame(Stream::Cause::worker);
  const uint64_t wait = process_.ended(nowMs);
  const bool signalled = WIFSIGNALED(status);
  log(signalled || WEXITSTATUS(status) != 0 ? "warn" : "info", "worker ended",
      {{"worker.exit", std::to_string(signalled ? -1 : WEXITSTATUS(status))},
       {"worker.signal", std::to_string(signalled ? WTERMSIG(status) : -1)},
       {"retry.ms", std::to_string(wait)}});
}

void WorkerProcess::closeStream() {
  writeEnd_.reset();
  readEnd_.reset();
}

}  // namespace exectap
