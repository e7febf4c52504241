#include "worker_process.h"

#include <poll.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "../core/pipe.h"
#include "log.h"

namespace exectap {

namespace {

constexpr size_t writeBytes = 1024 * 1024;
constexpr int writesInTurn = 16;

bool readable(int descriptor) {
  pollfd wait = {descriptor, POLLIN, 0};
  return poll(&wait, 1, 0) == 1 && (wait.revents & POLLIN) != 0;
}

}  // namespace

bool WorkerProcess::open() {
  int readEnd = -1, writeEnd = -1;
  if (!makePipe(readEnd, writeEnd)) return false;
  readEnd_.reset(readEnd);
  writeEnd_.reset(writeEnd);
  return writeEnd_.doNotBlock();
}

void WorkerProcess::start(uint64_t nowMs) {
  int readEnd = -1, writeEnd = -1;
  StartFailure failure = {"make a pipe", 0};
  pid_t pid = -1;
  if (makePipe(readEnd, writeEnd)) {
    ChildPlan plan;
    plan.command = command_;
    plan.environment = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/var/empty", "LANG=en_US.UTF-8"};
    plan.descriptors = {{readEnd_.get(), 0}, {STDOUT_FILENO, 1}, {STDERR_FILENO, 2}, {writeEnd, 3}};
    if (control_.descriptor >= 0) {
      plan.descriptors.emplace_back(control_.descriptor, 4);
      plan.environment.push_back("EXECTAP_ADMIN_GID=" + (control_.group < 0 ? "none" : std::to_string(control_.group)));
    }
    plan.account = account_;
    pid = startChild(plan, failure);
    close(writeEnd);
  } else {
    failure.error = errno;
  }
  if (pid < 0) {
    if (readEnd >= 0) close(readEnd);
    const uint64_t wait = process_.ended(nowMs);
    log("error", "the worker cannot be started",
        {{"error.message", std::string("cannot ") + failure.step + ": " + std::strerror(failure.error)},
         {"retry.ms", std::to_string(wait)}});
    return;
  }
  requests_.reset(readEnd);
  requests_.doNotBlock();
  reader_ = RequestReader();
  process_.started(pid, nowMs);
  lastBeatMs_ = nowMs;
  stream_.blame(Stream::Cause::overflow);
  log("info", "worker started", {{"worker.pid", std::to_string(pid)}});
}

void WorkerProcess::writeStream() {
  if (!process_.running() || !writeEnd_.open() || stream_.empty()) return;
  if (stream_.writeTo(writeEnd_.get(), writeBytes, writesInTurn) || errno == EAGAIN || errno == EINTR) return;
  log("error", "the worker's pipe cannot be written", {{"error.message", std::strerror(errno)}});
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
      refuse();
    }
  }
  if (length > 0 && good) return;
  requests_.reset();
  if (good) return;
  // It does not speak as our program does: whoever it is, a fresh one takes its place.
  refuse();
  log("error", "the worker sent what is no request: its channel is closed and it is ended",
      {{"worker.pid", std::to_string(process_.pid())}});
  process_.terminate(nowMs, workerPatienceMs);
}

void WorkerProcess::tick(uint64_t nowMs) {
  if (nowMs >= heartbeatDueMs()) {
    log("error", "the worker gives no sign of life and is ended", {{"worker.pid", std::to_string(process_.pid())}});
    lastBeatMs_ = nowMs;
    process_.terminate(nowMs, workerPatienceMs);
  }
  process_.tick(nowMs);
}

// Reads out what the worker left in the pipe, so that its successor begins with what it must hear first.
void WorkerProcess::takeBack(const std::string& greeting) {
  std::string unread;
  char bytes[64 * 1024];
  while (readable(readEnd_.get())) {
    const ssize_t length = read(readEnd_.get(), bytes, sizeof bytes);
    if (length <= 0) break;
    unread.append(bytes, static_cast<size_t>(length));
  }
  stream_.requeue(greeting, unread.data(), unread.size());
}

void WorkerProcess::ended(int status, uint64_t nowMs, const std::string& greeting) {
  requests_.reset();
  if (readEnd_.open()) takeBack(greeting);
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
