#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstring>

#include "control_socket.h"
#include "log.h"
#include "options.h"
#include "print.h"
#include "pump.h"

#if defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

namespace exectap {

namespace {

enum Exit : int { good = 0, failed = 1, wrongUsage = 2 };

int refuse(const std::string& problem) {
  log("error", "refused to start: " + problem);
  return failed;
}

std::string ownPath() {
  char path[PATH_MAX] = "";
#if defined(__APPLE__)
  uint32_t length = sizeof path;
  return _NSGetExecutablePath(path, &length) == 0 ? path : "";
#else
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : "";
#endif
}

bool findAccount(const std::string& name, Account& account, std::string& problem) {
  const passwd* const found = getpwnam(name.c_str());
  if (found == nullptr) {
    problem = "there is no user " + name + " for the worker";
    return false;
  }
  if (found->pw_uid == 0 || found->pw_gid == 0) {
    problem = "user " + name + " has root's rights: the worker must have none";
    return false;
  }
  account = {name, found->pw_uid, found->pw_gid};
  return true;
}

// Everything that is going to be executed, and the worker's program with all its files.
bool programsTrusted(const Options& options, const Owners& owners, std::string& problem) {
  std::vector<std::string> files = {ownPath(), options.tap};
  // The interpreter and its script.
  for (size_t index = 0; index < options.worker.size() && index < 2; ++index) {
    if (options.worker[index].compare(0, 1, "/") == 0) files.push_back(options.worker[index]);
  }
  for (const std::string& file : files) {
    if (!trustedPath(file, owners, problem)) return false;
  }
  for (const std::string& folder : options.programs) {
    if (!trustedTree(folder, owners, problem)) return false;
  }
  return true;
}

void prepareProcess() {
  umask(077);
  hardenProcess();
  closeFrom(3);
  // Whatever is opened next must not become a standard stream.
  for (int descriptor = open("/dev/null", O_RDWR); descriptor >= 0 && descriptor <= 2;) descriptor = dup(descriptor);
  closeFrom(3);
  if (chdir("/") != 0) log("warn", "cannot change to the root folder");
}

int runPump(const Options& options, const Owners& owners, const HostFacts& host) {
  std::string problem;
  Account account;
  if (!options.development && !findAccount(options.user, account, problem)) return refuse(problem);
  // A place where no socket can be is told at once, not at each start of a worker.
  ControlSocket control;
  if (!options.socket.empty() && !makeControlSocket(options.socket, options.socketGroup, owners, control, problem)) {
    return refuse(problem);
  }
  if (control.descriptor >= 0) close(control.descriptor);
  const int exit = Pump(options, options.development ? nullptr : &account, owners, host).run();
  if (!options.socket.empty()) unlink(options.socket.c_str());
  return exit;
}

int run(const std::vector<std::string>& arguments) {
  Options options;
  std::string problem;
  const Parsed parsed = parseOptions(arguments, options, problem);
  if (parsed == Parsed::help) {
    std::fputs(usage, stdout);
    return good;
  }
  if (parsed == Parsed::wrong) {
    std::fprintf(stderr, "exectapd: %s\n\n%s", problem.c_str(), usage);
    return wrongUsage;
  }
  if (getuid() != geteuid() || getgid() != getegid()) return refuse("it is set-user-id or set-group-id");
  if (!options.development && geteuid() != 0) return refuse("it is not root; --development runs it as any user");
  if (options.development && !options.print && geteuid() == 0) {
    return refuse("--development would leave the worker root's rights; start it as another user");
  }
  prepareProcess();
  const Owners owners = {options.development, getuid()};
  if (!programsTrusted(options, owners, problem)) return refuse(problem);
  const HostFacts host = hostFacts();
  if (host.id.empty()) return refuse("the system does not say which host this is");
  return options.print ? printStream(options, owners, host) : runPump(options, owners, host);
}

}  // namespace

}  // namespace exectap

int main(int count, char** values) {
  // Nothing of the environment is used, by us or by what we start.
  static char* nothing[] = {nullptr};
  extern char** environ;
  environ = nothing;
  return exectap::run(std::vector<std::string>(values + 1, values + count));
}
