#include <dlfcn.h>
#include <libproc.h>
#include <mach/mach_time.h>
#include <signal.h>
#include <sys/proc_info.h>
#include <sys/resource.h>
#include <sys/sysctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "interpreter.h"
#include "system.h"

namespace exectap {

namespace {

std::string sysctlText(const char* name) {
  char text[512];
  size_t length = sizeof text;
  if (sysctlbyname(name, text, &length, nullptr, 0) != 0 || length == 0) return "";
  return std::string(text, strnlen(text, length));
}

// In libproc since macOS 13, and not in its header [XNU, libsyscall/wrappers/libproc/libproc.c].
using SignalWithToken = int (*)(void* token, int signal);

SignalWithToken signalWithToken() {
  return reinterpret_cast<SignalWithToken>(dlsym(RTLD_DEFAULT, "proc_signal_with_audittoken"));
}

KillOutcome outcomeOf(int error) {
  if (error == 0) return {KillResult::done, ""};
  if (error == ESRCH) return {KillResult::gone, ""};
  return {KillResult::failed, std::strerror(error)};
}

}  // namespace

HostFacts hostFacts() {
  HostFacts facts;
  uuid_t id = {};
  const timespec wait = {1, 0};
  // The same UUID that IOKit shows as IOPlatformUUID [gethostuuid(2)].
  if (gethostuuid(id, &wait) == 0) {
    uuid_string_t text;
    uuid_unparse_upper(id, text);
    facts.id = text;
  }
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  facts.name = name;
  facts.architecture = sysctlText("hw.machine");
  facts.osVersion = sysctlText("kern.osproductversion");
  facts.osBuild = sysctlText("kern.osversion");
  facts.kernel = sysctlText("kern.version");
  facts.bootId = sysctlText("kern.bootsessionuuid");
  return facts;
}

Clocks clocks() {
  mach_timebase_info_data_t base = {};
  mach_timebase_info(&base);
  return {clock_gettime_nsec_np(CLOCK_REALTIME), mach_absolute_time(), base.numer, base.denom};
}

uint64_t monotonicMs() { return clock_gettime_nsec_np(CLOCK_UPTIME_RAW) / 1000000; }

void closeFrom(int first) {
  // launchd sets a limit of 256 or some thousands; nothing above it can be open.
  const int limit = getdtablesize();
  for (int descriptor = first; descriptor < limit; ++descriptor) close(descriptor);
}

void hardenProcess() {
  const rlimit none = {0, 0};
  // That nobody attaches to it is the hardened runtime's part.
  setrlimit(RLIMIT_CORE, &none);
}

// macOS has no such switch; the worker cannot use a setuid program to act for it any more than any other user can.
bool forbidNewPrivileges() { return true; }

bool processFacts(pid_t pid, ProcessFacts& facts) {
  proc_bsdinfo info = {};
  if (proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, sizeof info) != static_cast<int>(sizeof info)) return false;
  facts.pid = pid;
  facts.parent = static_cast<pid_t>(info.pbi_ppid);
  facts.uid = info.pbi_uid;
  facts.startUs = info.pbi_start_tvsec * 1000000 + info.pbi_start_tvusec;
  char program[PROC_PIDPATHINFO_MAXSIZE];
  const int length = proc_pidpath(pid, program, sizeof program);
  facts.program = length > 0 ? std::string(program, static_cast<size_t>(length)) : "";
  return true;
}

KillOutcome killProcess(const ProcessIdentity& who, const std::function<std::string(const ProcessFacts&)>& refuse) {
  const pid_t pid = who.byToken ? static_cast<pid_t>(who.token[5]) : who.pid;
  ProcessFacts facts;
  if (!processFacts(pid, facts)) return {KillResult::gone, ""};
  if (!who.byToken && facts.startUs != who.startUs) return {KillResult::gone, ""};
  const std::string reason = refuse(facts);
  if (!reason.empty()) return {KillResult::refused, reason};
  if (!who.byToken) return outcomeOf(kill(pid, SIGKILL) == 0 ? 0 : errno);
  const SignalWithToken send = signalWithToken();
  if (send == nullptr) return {KillResult::unsupported, "this macOS has no signal by audit token"};
  uint32_t token[8];
  std::memcpy(token, who.token, sizeof token);
  return outcomeOf(send(token, SIGKILL) == 0 ? 0 : errno);
}

bool isSystemDaemon(const ProcessFacts& facts) {
  // People's ids begin at 501; what launchd runs for them is theirs, and may be anything.
  constexpr uid_t firstPerson = 500;
  if (facts.parent != 1 || facts.uid >= firstPerson || isInterpreter(facts.program)) return false;
  for (const char* folder : {"/System/", "/usr/libexec/", "/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"}) {
    if (facts.program.compare(0, std::strlen(folder), folder) == 0) return true;
  }
  return false;
}

void endLeftOvers(uid_t user, gid_t group, pid_t) {
  const pid_t killer = fork();
  if (killer == 0) {
    // To -1 means everything that this user may signal, except for the killer itself [kill(2)].
    if (setgroups(1, &group) == 0 && setgid(group) == 0 && setuid(user) == 0) kill(-1, SIGKILL);
    _exit(0);
  }
  if (killer > 0) waitpid(killer, nullptr, 0);
}

}  // namespace exectap
