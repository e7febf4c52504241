#include "pump.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "log.h"

namespace exectap {

namespace {

constexpr uint64_t tapPatienceMs = 2000;

}  // namespace

Pump::Pump(const Options& options, const Account* account, Owners owners, const HostFacts& host)
    : options_(options),
      owners_(owners),
      tap_(options, owners, stream_, host),
      worker_(options.worker, account, [this] { return makeSocket(); }, stream_),
      responder_(options.responseFile, owners) {}

ControlSocket Pump::makeSocket() const {
  ControlSocket made;
  std::string problem;
  if (options_.socket.empty()) return made;
  if (!makeControlSocket(options_.socket, options_.socketGroup, owners_, made, problem)) {
    log("error", "the command line cannot ask: " + problem);
  }
  return made;
}

void Pump::logDropped(uint64_t nowMs) {
  const uint64_t lines = stream_.droppedLines() - loggedDropped_;
  if (lines == 0 || !dropLog_.allow(nowMs)) return;
  loggedDropped_ += lines;
  log("warn", "lines were dropped: the worker does not take them", {{"lines.dropped", std::to_string(lines)}});
}

int Pump::run() {
  if (!signals_.open()) {
    log("error", "no pipe", {{"error.message", std::strerror(errno)}});
    return 1;
  }
  tap_.prepare();
  while (!finished_) turn();
  log("info", "ended",
      {{"lines.dropped", std::to_string(stream_.droppedLines())},
       {"lines.unread", std::to_string(stream_.waitingLines())},
       {"requests.refused", std::to_string(worker_.refused())}});
  return 0;
}

void Pump::turn() {
  const uint64_t nowMs = monotonicMs();
  if (stopping_) {
    goOnStopping(nowMs);
    if (finished_) return;
  } else {
    startWhatIsDue(nowMs);
  }
  tap_.process().tick(nowMs);
  if (nowMs >= tap_.pokeDueMs()) tap_.poke();
  worker_.tick(nowMs);
  logDropped(nowMs);
  wait(nowMs);
}

void Pump::startWhatIsDue(uint64_t nowMs) {
  if (nowMs >= worker_.process().startAtMs()) worker_.start(nowMs);
  if (nowMs >= tap_.process().startAtMs()) tap_.start(nowMs);
}

uint64_t Pump::nextMs() {
  uint64_t next = std::min(worker_.hangsAtMs(), tap_.pokeDueMs());
  for (Supervised* process : {&tap_.process(), &worker_.process()}) {
    const uint64_t due = stopping_ && !process->running() ? never : process->nextMs();
    if (due < next) next = due;
  }
  return next;
}

void Pump::wait(uint64_t nowMs) {
  const short writes = stream_.empty() || !worker_.process().running() ? 0 : POLLOUT;
  pollfd waits[] = {{signals_.descriptor(), POLLIN, 0},
                    {tap_.output(), POLLIN, 0},
                    {tap_.errors(), POLLIN, 0},
                    {worker_.requests(), POLLIN, 0},
                    {worker_.output().descriptor(), POLLIN, 0},
                    {worker_.errors().descriptor(), POLLIN, 0},
                    {writes == 0 ? -1 : worker_.input(), writes, 0}};
  const uint64_t next = nextMs();
  const uint64_t span = next == never ? 60000 : next > nowMs ? next - nowMs : 0;
  const int timeout = static_cast<int>(span < 60000 ? span : 60000);
  if (poll(waits, sizeof waits / sizeof *waits, timeout) < 0) return;
  const uint64_t thenMs = monotonicMs();
  if (waits[1].revents != 0) tap_.readOutput(thenMs);
  if (waits[2].revents != 0) tap_.readErrors();
  if (waits[3].revents != 0) worker_.readRequests(thenMs, [this](const Request& request) { answer(request); });
  if (waits[4].revents != 0) worker_.output().pass();
  if (waits[5].revents != 0) worker_.errors().pass();
  // At once, not only at the next turn: the worker may well wait for it.
  worker_.writeStream(thenMs);
  if (waits[0].revents != 0) readSignals(thenMs);
}

void Pump::readSignals(uint64_t nowMs) {
  if (signals_.take().end) stop(nowMs);
  reap(nowMs);
}

void Pump::reap(uint64_t nowMs) {
  int status = 0;
  for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
    if (pid == tap_.process().pid()) {
      tap_.ended(status, nowMs, stopping_);
    } else if (pid == worker_.process().pid()) {
      const bool heard = tap_.run().id != 0;
      const std::string greeting = heard ? startLine(tap_.host(), tap_.run(), true) : "";
      worker_.ended(status, nowMs, greeting, tap_.process().pid());
    }
  }
}

void Pump::stop(uint64_t nowMs) {
  if (stopping_) return;
  stopping_ = true;
  log("info", "ending");
  tap_.process().terminate(nowMs, tapPatienceMs);
}

// First the tap, then what it has written goes to the worker, then the worker ends by itself, or is ended.
void Pump::goOnStopping(uint64_t nowMs) {
  if (tap_.process().running()) return;
  if (!worker_.process().running()) {
    finished_ = true;
    return;
  }
  if (!lastLines_) {
    lastLines_ = true;
    worker_.process().killLater(nowMs, workerPatienceMs);
  }
  if (stream_.empty()) worker_.closeStream();
}

void Pump::answer(const Request& request) {
  const uint64_t nowMs = monotonicMs();
  const char* const kind = requestName(request.type);
  const bool restart = request.type == RequestType::restartTap;
  KillOutcome outcome = {KillResult::done, ""};
  if (!(restart ? restarts_ : kills_).allow(nowMs)) {
    if (!worker_.refuse(nowMs)) return;
    outcome = {KillResult::refused, "asked too often"};
  } else if (restart) {
    tap_.process().restart(nowMs, tapPatienceMs);
  } else {
    outcome = responder_.kill(request, {getpid(), worker_.process().pid(), tap_.process().pid()});
  }
  const std::string pid = std::to_string(request.type == RequestType::killToken ? request.token[5] : request.pid);
  log("info", "the worker asked", {{"request.kind", kind},
                                   {"request.result", resultName(outcome.result)},
                                   {"request.reason", outcome.reason},
                                   {"request.pid", restart ? "" : pid}});
  stream_.controlLine(answerLine(request.number, kind, resultName(outcome.result), outcome.reason));
}

}  // namespace exectap
