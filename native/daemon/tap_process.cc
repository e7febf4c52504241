#include "tap_process.h"

#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "../core/pipe.h"
#include "child.h"
#include "log.h"

namespace exectap {

namespace {

constexpr size_t readBytes = 64 * 1024;
// What is taken at once while the loop has other descriptors to serve.
constexpr size_t turnBytes = 1024 * 1024;
constexpr size_t wordsKept = 4096;
// eslogger often ignores a signal that asks it to end.
constexpr uint64_t patienceMs = 2000;

std::string baseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

void TapProcess::start(uint64_t nowMs) {
  started_ = false;
  int out[2] = {-1, -1}, err[2] = {-1, -1};
  const bool made = makePipe(out[0], out[1]) && makePipe(err[0], err[1]);
  output_.reset(out[0]);
  errors_.reset(err[0]);
  const Descriptor outEnd(out[1]), errEnd(err[1]);
  if (!made) {
    failed("make a pipe", errno, nowMs);
    return;
  }
  ChildPlan plan;
  plan.command = {program_, "exec", "fork", "exit"};
  plan.environment = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin"};
  const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  plan.descriptors = {{nothing.get(), 0}, {outEnd.get(), 1}, {errEnd.get(), 2}};
  StartFailure failure;
  const pid_t pid = startChild(plan, failure);
  words_.clear();
  run_ = {baseName(program_), clocks().wallNs};
  started_ = pid > 0;
  // The tap's own first line comes after this one: nothing has been read from it yet.
  if (started_) {
    output_.doNotBlock();
    errors_.doNotBlock();
    process_.started(pid, nowMs);
    stream_.controlLine(startLine(host_, run_, false));
    log("info", "tap started", {{"tap.program", program_}, {"tap.pid", std::to_string(pid)}});
    return;
  }
  failed(failure.step, failure.error, nowMs);
}

void TapProcess::failed(const std::string& step, int error, uint64_t nowMs) {
  output_.reset();
  errors_.reset();
  const uint64_t wait = process_.ended(nowMs);
  stream_.controlLine(stopLine(-1, -1, "cannot " + step, false));
  log("error", "the tap cannot be started",
      {{"tap.program", program_},
       {"error.message", "cannot " + step + ": " + std::strerror(error)},
       {"retry.ms", std::to_string(wait)}});
}

// false when there is nothing more for now, or for ever.
bool TapProcess::readSome(size_t most) {
  static char bytes[readBytes];
  for (size_t taken = 0; taken < most;) {
    const ssize_t length = read(output_.get(), bytes, sizeof bytes);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return false;
    if (length == 0) {
      output_.reset();
      return false;
    }
    stream_.tapBytes(bytes, static_cast<size_t>(length));
    taken += static_cast<size_t>(length);
  }
  return true;
}

void TapProcess::readOutput(uint64_t nowMs) {
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
  if (output_.open()) readSome(turnBytes);
  if (errors_.open()) readErrors();
  output_.reset();
  errors_.reset();
  stream_.endTap();
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
