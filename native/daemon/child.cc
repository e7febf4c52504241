#include "child.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "../core/pipe.h"
#include "system.h"

namespace exectap {

namespace {

// What a child tells of its start through a pipe that its exec closes.
enum Step : int { session, descriptors, terminal, drop, regained, privileges, folder, execute };

const char* const stepNames[] = {"begin a session",
                                 "pass descriptors",
                                 "take the terminal",
                                 "drop the rights",
                                 "drop the rights for good: they could be taken back",
                                 "forbid new privileges",
                                 "change to the root folder",
                                 "execute"};

struct Report {
  int step;
  int error;
};

[[noreturn]] void giveUp(int pipe, Step step) {
  const Report report = {step, errno};
  // The parent sees the pipe's end in any case.
  if (write(pipe, &report, sizeof report) < 0) _exit(126);
  _exit(127);
}

void resetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Duplicates everything out of the way first: the target of one may be the source of another.
bool passDescriptors(std::vector<std::pair<int, int>> passed, int& report) {
  constexpr int outOfTheWay = 32;
  for (auto& [from, to] : passed) {
    from = fcntl(from, F_DUPFD_CLOEXEC, outOfTheWay);
    if (from < 0) return false;
  }
  report = fcntl(report, F_DUPFD_CLOEXEC, outOfTheWay);
  if (report < 0) return false;
  int highest = 2;
  for (const auto& [from, to] : passed) {
    if (dup2(from, to) < 0) return false;
    if (to > highest) highest = to;
  }
  // The report's descriptor moves down so that all above it can be closed.
  const int last = highest + 1;
  if (dup2(report, last) < 0 || fcntl(last, F_SETFD, FD_CLOEXEC) != 0) return false;
  report = last;
  closeFrom(last + 1);
  return true;
}

bool dropTo(const Account& account) {
  return setgroups(1, &account.gid) == 0 && setgid(account.gid) == 0 && setuid(account.uid) == 0;
}

// Tries every way back. errno is of no use to the reader here, so it is made plain.
bool canRegain(const Account& account) {
  const gid_t root = 0;
  const bool back = setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setegid(0) == 0 || setgroups(1, &root) == 0;
  const bool other = getuid() != account.uid || geteuid() != account.uid || getgid() != account.gid ||
                     getegid() != account.gid;
  errno = EPERM;
  return back || other;
}

[[noreturn]] void become(const ChildPlan& plan, int report) {
  if (setsid() < 0) giveUp(report, session);
  if (!passDescriptors(plan.descriptors, report)) giveUp(report, descriptors);
  if (plan.controllingTerminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) != 0) giveUp(report, terminal);
  if (plan.account != nullptr) {
    if (!dropTo(*plan.account)) giveUp(report, drop);
    if (canRegain(*plan.account)) giveUp(report, regained);
    if (!forbidNewPrivileges()) giveUp(report, privileges);
  }
  if (chdir("/") != 0) giveUp(report, folder);
  std::vector<char*> arguments, environment;
  for (const std::string& text : plan.command) arguments.push_back(const_cast<char*>(text.c_str()));
  for (const std::string& text : plan.environment) environment.push_back(const_cast<char*>(text.c_str()));
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  resetSignals();
  execve(arguments[0], arguments.data(), environment.data());
  giveUp(report, execute);
}

}  // namespace

pid_t startChild(const ChildPlan& plan, StartFailure& failure) {
  int readEnd = -1, writeEnd = -1;
  if (!makePipe(readEnd, writeEnd)) {
    failure = {"make a pipe", errno};
    return -1;
  }
  const pid_t pid = fork();
  if (pid == 0) become(plan, writeEnd);
  const int forkError = errno;
  close(writeEnd);
  if (pid < 0) {
    close(readEnd);
    failure = {"fork", forkError};
    return -1;
  }
  Report report = {};
  ssize_t length;
  do length = read(readEnd, &report, sizeof report);
  while (length < 0 && errno == EINTR);
  close(readEnd);
  if (length == 0) return pid;
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  const bool told = length == static_cast<ssize_t>(sizeof report) && report.step >= 0 && report.step <= execute;
  failure = told ? StartFailure{stepNames[report.step], report.error} : StartFailure{"start", 0};
  return -1;
}

}  // namespace exectap
