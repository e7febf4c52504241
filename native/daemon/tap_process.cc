#include "tap_process.h"

#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "../core/pipe.h"
#include "child.h"
#include "log.h"
#include "tap_events.h"
#include "terminal.h"

namespace exectap {

namespace {

constexpr size_t readBytes = 64 * 1024;
// What is taken in one turn of the loop: no more than what the worker's pipe takes in one, or the buffer would fill though
// the worker keeps up.
constexpr size_t turnBytes = 64 * 1024;
// Of a tap that has ended.
constexpr size_t lastBytes = 16 * 1024 * 1024;
constexpr size_t wordsKept = 4096;
// Twice the largest block that eslogger was seen to write.
constexpr size_t pokeBytes = 16 * 1024;
// eslogger often ignores a signal that asks it to end.
constexpr uint64_t patienceMs = 2000;

std::string baseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

void TapProcess::prepare() {
  std::string problem;
  if (!record_.usable(problem)) log("error", "the tap is not noted: " + problem);
  record_.endLeftOver();
  events_ = knownEvents(options_.tap, {"exec", "fork", "exit"});
}

// Sets output_; `inner` is the child's end of it.
bool TapProcess::openOutput(int& inner) {
  int outer = -1;
  const bool opened = options_.pipe ? makePipe(outer, inner) : openTerminal(outer, inner);
  output_.reset(outer);
  return opened && output_.doNotBlock();
}

void TapProcess::start(uint64_t nowMs) {
  started_ = false;
  words_.clear();
  bytesSincePoke_ = UINT64_MAX;
  run_ = {baseName(options_.tap), clocks().wallNs, 0};
  int inner = -1, errorsOuter = -1, errorsInner = -1;
  const bool opened = openOutput(inner) && makePipe(errorsOuter, errorsInner);
  errors_.reset(errorsOuter);
  const Descriptor innerEnd(inner), errorsEnd(errorsInner), nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!opened || !errors_.doNotBlock()) {
    failed("open its output", errno, nowMs);
    return;
  }
  ChildPlan plan;
  plan.command = {options_.tap};
  plan.command.insert(plan.command.end(), events_.begin(), events_.end());
  plan.environment = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin"};
  plan.descriptors = {{options_.pipe ? nothing.get() : inner, 0}, {inner, 1}, {errorsInner, 2}};
  plan.controllingTerminal = !options_.pipe;
  StartFailure failure;
  run_.pid = startChild(plan, failure);
  started_ = run_.pid > 0;
  if (!started_) {
    failed(failure.step, failure.error, nowMs);
    return;
  }
  process_.started(run_.pid, nowMs);
  record_.remember(run_.pid);
  // The tap's own first line comes after this one: nothing has been read from it yet.
  stream_.controlLine(startLine(host_, run_, false));
  log("info", "tap started", {{"tap.program", options_.tap}, {"tap.pid", std::to_string(run_.pid)}});
}

void TapProcess::failed(const std::string& step, int error, uint64_t nowMs) {
  output_.reset();
  errors_.reset();
  const uint64_t wait = process_.ended(nowMs);
  stream_.controlLine(stopLine(-1, -1, "cannot " + step, false));
  log("error", "the tap cannot be started",
      {{"tap.program", options_.tap},
       {"error.message", "cannot " + step + ": " + std::strerror(error)},
       {"retry.ms", std::to_string(wait)}});
}

// false when there is nothing more for now, or for ever.
bool TapProcess::readSome(size_t most) {
  static char bytes[readBytes];
  for (size_t taken = 0; taken < most;) {
    const ssize_t length = read(output_.get(), bytes, sizeof bytes);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) return false;
    // Linux gives EIO where nobody has the other side of a terminal open any more [pty(7)].
    if (length <= 0) {
      output_.reset();
      return false;
    }
    stream_.tapBytes(bytes, static_cast<size_t>(length));
    taken += static_cast<size_t>(length);
    if (bytesSincePoke_ != UINT64_MAX) bytesSincePoke_ += static_cast<uint64_t>(length);
  }
  return true;
}

void TapProcess::readOutput(uint64_t nowMs) {
  lastReadMs_ = nowMs;
  readSome(turnBytes);
  // A tap without an output is of no use, whatever it goes on doing.
  if (!output_.open()) process_.terminate(nowMs, patienceMs);
}

void TapProcess::readErrors() {
  char bytes[1024];
  const ssize_t length = read(errors_.get(), bytes, sizeof bytes);
  if (length == 0) errors_.reset();
  if (length <= 0) return;
  words_.append(bytes, static_cast<size_t>(length));
  if (words_.size() > wordsKept) words_.erase(0, words_.size() - wordsKept);
}

uint64_t TapProcess::pokeDueMs() const {
  const bool waits = options_.pipe && options_.pokeAfterMs > 0 && process_.running() && stream_.unfinished();
  return waits && bytesSincePoke_ > 2 * pokeBytes ? lastReadMs_ + options_.pokeAfterMs : never;
}

// Executes a program that does nothing, with an argument as long as the tap's buffer: its event pushes the others out.
void TapProcess::poke() {
  bytesSincePoke_ = 0;
  const Descriptor nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  ChildPlan plan;
  plan.command = {"/usr/bin/true", std::string(pokeBytes, '-')};
  plan.descriptors = {{nothing.get(), 0}, {nothing.get(), 1}, {nothing.get(), 2}};
  StartFailure failure;
  if (startChild(plan, failure) < 0) {
    log("warn", "the tap could not be poked", {{"error.message", std::strerror(failure.error)}});
  }
}

// The result of es_new_client that eslogger prints somewhere in its sentence, as ESTypes.h names it.
std::string TapProcess::token() const {
  const std::string prefix = "ES_NEW_CLIENT_RESULT_";
  const size_t from = words_.find(prefix);
  if (from == std::string::npos) return "";
  size_t to = from;
  while (to < words_.size() && (words_[to] == '_' || (words_[to] >= 'A' && words_[to] <= 'Z'))) ++to;
  return words_.substr(from, to - from);
}

void TapProcess::ended(int status, uint64_t nowMs, bool final) {
  // Everything that it wrote before, and nothing that a child of its might write for ever.
  if (output_.open()) readSome(lastBytes);
  if (errors_.open()) readErrors();
  output_.reset();
  errors_.reset();
  stream_.endTap();
  record_.forget();
  run_.pid = 0;
  const int exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : -1;
  stream_.controlLine(stopLine(exit, signal, token(), final));
  const uint64_t wait = process_.ended(nowMs);
  log(final ? "info" : "warn", "tap ended",
      {{"tap.exit", std::to_string(exit)},
       {"tap.signal", std::to_string(signal)},
       {"tap.words", words_},
       {"retry.ms", final ? "" : std::to_string(wait)}});
}

}  // namespace exectap
