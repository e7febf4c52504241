#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "interpreter.h"
#include "system.h"

namespace exectap {

namespace {

// Start times of /proc count in ticks of 10 ms from the boot, and the boot's own time has to be worked out.
constexpr uint64_t startToleranceUs = 50000;

std::string readFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  char text[4096];
  const ssize_t length = read(file, text, sizeof text);
  close(file);
  return length > 0 ? std::string(text, static_cast<size_t>(length)) : "";
}

std::string firstLine(const std::string& path) {
  const std::string text = readFile(path);
  return text.substr(0, text.find('\n'));
}

uint64_t nanoseconds(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

// The value of NAME="value" in os-release(5).
std::string osRelease(const std::string& name) {
  const std::string text = "\n" + readFile("/etc/os-release");
  const size_t at = text.find("\n" + name + "=");
  if (at == std::string::npos) return "";
  const size_t from = at + name.size() + 2;
  std::string value = text.substr(from, text.find('\n', from) - from);
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

bool sameStart(uint64_t one, uint64_t other) {
  return (one > other ? one - other : other - one) <= startToleranceUs;
}

}  // namespace

HostFacts hostFacts() {
  HostFacts facts;
  utsname names = {};
  uname(&names);
  facts.id = firstLine("/etc/machine-id");
  facts.name = names.nodename;
  facts.architecture = names.machine;
  facts.osVersion = osRelease("VERSION_ID");
  facts.osBuild = names.release;
  facts.kernel = names.version;
  facts.bootId = firstLine("/proc/sys/kernel/random/boot_id");
  // A container often has no machine-id; its name is the best that is left.
  if (facts.id.empty()) facts.id = facts.name;
  return facts;
}

Clocks clocks() { return {nanoseconds(CLOCK_REALTIME), nanoseconds(CLOCK_MONOTONIC), 1, 1}; }

uint64_t monotonicMs() { return nanoseconds(CLOCK_MONOTONIC) / 1000000; }

void closeFrom(int first) {
#if defined(SYS_close_range)
  if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0u, 0u) == 0) return;
#endif
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  for (int descriptor = first; descriptor < static_cast<int>(limit.rlim_cur); ++descriptor) close(descriptor);
}

void hardenProcess() {
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // What a worker leaves running becomes our child, and can be found.
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

bool forbidNewPrivileges() { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }

bool processFacts(pid_t pid, ProcessFacts& facts) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const std::string stat = readFile(folder + "/stat");
  // The name stands in parentheses and may hold anything, parentheses too [proc(5)].
  const size_t name = stat.rfind(')');
  if (name == std::string::npos || name + 2 > stat.size()) return false;
  // From the state on, which is field 3; the parent is field 4, the start field 22.
  const char* field = stat.c_str() + name + 2;
  unsigned long long start = 0;
  int parent = 0;
  for (int number = 3; number <= 22 && field != nullptr; ++number) {
    if (number == 4) parent = std::atoi(field);
    if (number == 22) start = std::strtoull(field, nullptr, 10);
    field = std::strchr(field, ' ');
    if (field != nullptr) ++field;
  }
  const uint64_t bootUs = (nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME)) / 1000;
  facts.pid = pid;
  facts.parent = parent;
  struct stat owner = {};
  facts.uid = lstat(folder.c_str(), &owner) == 0 ? owner.st_uid : 0;
  facts.startUs = bootUs + start * 1000000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
  char program[4096];
  const ssize_t length = readlink((folder + "/exe").c_str(), program, sizeof program);
  facts.program = length > 0 ? std::string(program, static_cast<size_t>(length)) : "";
  return true;
}

KillOutcome killProcess(const ProcessIdentity& who, const std::function<std::string(const ProcessFacts&)>& refuse) {
  if (who.byToken) return {KillResult::unsupported, "this system has no audit tokens"};
  const int process = static_cast<int>(syscall(SYS_pidfd_open, who.pid, 0));
  if (process < 0 && errno == ESRCH) return {KillResult::gone, ""};
  if (process < 0) return {KillResult::failed, std::strerror(errno)};
  ProcessFacts facts;
  KillOutcome outcome = {KillResult::done, ""};
  if (!processFacts(who.pid, facts) || !sameStart(facts.startUs, who.startUs)) {
    outcome.result = KillResult::gone;
  } else {
    outcome.reason = refuse(facts);
    if (!outcome.reason.empty()) outcome.result = KillResult::refused;
  }
  if (outcome.result == KillResult::done && syscall(SYS_pidfd_send_signal, process, SIGKILL, nullptr, 0) != 0) {
    outcome = errno == ESRCH ? KillOutcome{KillResult::gone, ""} : KillOutcome{KillResult::failed, std::strerror(errno)};
  }
  close(process);
  return outcome;
}

bool isSystemDaemon(const ProcessFacts& facts) {
  constexpr uid_t firstPerson = 1000;
  if (facts.parent != 1 || facts.uid >= firstPerson || isInterpreter(facts.program)) return false;
  for (const char* folder : {"/usr/lib/systemd/", "/lib/systemd/", "/usr/sbin/", "/sbin/", "/usr/libexec/"}) {
    if (facts.program.compare(0, std::strlen(folder), folder) == 0) return true;
  }
  return false;
}

void endLeftOvers(uid_t, gid_t, pid_t spared) {
  // Each one that ends may leave children of its own to us.
  for (int round = 0; round < 100; ++round) {
    bool found = false;
    DIR* const entries = opendir("/proc");
    if (entries == nullptr) return;
    for (const dirent* entry = readdir(entries); entry != nullptr; entry = readdir(entries)) {
      const pid_t pid = std::atoi(entry->d_name);
      ProcessFacts facts;
      if (pid <= 1 || pid == spared || !processFacts(pid, facts) || facts.parent != getpid()) continue;
      found = true;
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
    }
    closedir(entries);
    if (!found) return;
  }
}

}  // namespace exectap
