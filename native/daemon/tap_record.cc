#include "tap_record.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "descriptor.h"
#include "log.h"
#include "system.h"

namespace exectap {

namespace {

constexpr size_t mostBytes = 64;

}  // namespace

bool TapRecord::usable(std::string& problem) {
  if (path_.empty() || trustedPath(path_.substr(0, path_.rfind('/') + 1), owners_, problem)) return true;
  path_.clear();
  return false;
}

bool TapRecord::read(pid_t& pid, uint64_t& startUs) const {
  std::string problem;
  if (path_.empty() || access(path_.c_str(), F_OK) != 0 || !trustedPath(path_, owners_, problem)) return false;
  const Descriptor file(open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  char text[mostBytes + 1] = "";
  const ssize_t length = file.open() ? ::read(file.get(), text, mostBytes) : -1;
  unsigned long long start = 0;
  int number = 0;
  if (length <= 0 || std::sscanf(text, "%d %llu", &number, &start) != 2) return false;
  pid = number;
  startUs = start;
  return pid > 1;
}

void TapRecord::endLeftOver() const {
  ProcessIdentity who;
  if (!read(who.pid, who.startUs)) return;
  const KillOutcome outcome = killProcess(who, [](const ProcessFacts&) { return std::string(); });
  if (outcome.result == KillResult::done) {
    log("warn", "a tap that a pump before has left was ended", {{"tap.pid", std::to_string(who.pid)}});
  }
  forget();
}

void TapRecord::remember(pid_t pid) const {
  ProcessFacts facts;
  if (path_.empty() || !processFacts(pid, facts)) return;
  const std::string text = std::to_string(pid) + " " + std::to_string(facts.startUs) + "\n";
  // A new file each time: what stands there may be anything.
  forget();
  const Descriptor file(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.open() || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    log("warn", "the tap could not be noted", {{"file.path", path_}, {"error.message", std::strerror(errno)}});
  }
}

void TapRecord::forget() const {
  if (!path_.empty()) unlink(path_.c_str());
}

}  // namespace exectap
