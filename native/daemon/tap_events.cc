#include "tap_events.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "../core/pipe.h"
#include "child.h"
#include "descriptor.h"
#include "log.h"
#include "system.h"

namespace exectap {

namespace {

constexpr uint64_t patienceMs = 2000;
// macOS 26 lists some 150 events of 20 bytes.
constexpr size_t mostBytes = 64 * 1024;

// Everything until the end, or false where it does not come in time.
bool readAll(int descriptor, std::string& text) {
  const uint64_t giveUpMs = monotonicMs() + patienceMs;
  for (;;) {
    const uint64_t nowMs = monotonicMs();
    if (nowMs >= giveUpMs || text.size() > mostBytes) return false;
    pollfd wait = {descriptor, POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(giveUpMs - nowMs)) <= 0) continue;
    char bytes[4096];
    const ssize_t length = read(descriptor, bytes, sizeof bytes);
    if (length == 0) return true;
    if (length > 0) text.append(bytes, static_cast<size_t>(length));
    if (length < 0 && errno != EINTR) return false;
  }
}

std::vector<std::string> wordsOf(const std::string& text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    const size_t from = text.find_first_not_of(" \t\r\n,", at);
    if (from == std::string::npos) break;
    at = std::min(text.find_first_of(" \t\r\n,", from), text.size());
    words.push_back(text.substr(from, at - from));
  }
  return words;
}

bool listEvents(const std::string& program, std::vector<std::string>& events) {
  int readEnd = -1, writeEnd = -1;
  if (!makePipe(readEnd, writeEnd)) return false;
  const Descriptor output(readEnd), nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  ChildPlan plan;
  plan.command = {program, "--list-events"};
  plan.environment = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin"};
  plan.descriptors = {{nothing.get(), 0}, {writeEnd, 1}, {nothing.get(), 2}};
  StartFailure failure;
  const pid_t pid = startChild(plan, failure);
  close(writeEnd);
  if (pid < 0) return false;
  std::string text;
  const bool whole = readAll(output.get(), text);
  kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  if (whole) events = wordsOf(text);
  return whole && !events.empty();
}

}  // namespace

std::vector<std::string> knownEvents(const std::string& program, const std::vector<std::string>& wanted) {
  std::vector<std::string> listed;
  if (!listEvents(program, listed)) {
    log("warn", "the tap does not tell which events it knows", {{"tap.program", program}});
    return wanted;
  }
  std::vector<std::string> known;
  for (const std::string& event : wanted) {
    if (std::find(listed.begin(), listed.end(), event) != listed.end()) {
      known.push_back(event);
    } else {
      log("error", "the tap does not know an event", {{"tap.event", event}});
    }
  }
  return known.empty() ? wanted : known;
}

}  // namespace exectap
