#include "responder.h"

#include <sys/stat.h>
#include <unistd.h>

namespace exectap {

namespace {

// Where the pid lies in an audit_token_t [bsm/libbsm.h, audit_token_to_pid].
constexpr size_t tokenPid = 5;

}  // namespace

std::string Responder::whyDisabled() const {
  if (switchFile_.empty()) return "response is not enabled on this host";
  struct stat facts = {};
  if (lstat(switchFile_.c_str(), &facts) != 0) return "response is not enabled: there is no " + switchFile_;
  std::string problem;
  if (!trustedPath(switchFile_, owners_, problem)) return "response is not enabled: " + problem;
  return S_ISREG(facts.st_mode) ? "" : "response is not enabled: " + switchFile_ + " is not a file";
}

KillOutcome Responder::kill(const Request& request, const std::vector<pid_t>& ours) const {
  const std::string disabled = whyDisabled();
  if (!disabled.empty()) return {KillResult::refused, disabled};
  ProcessIdentity who;
  who.byToken = request.type == RequestType::killToken;
  for (size_t index = 0; index < 8; ++index) who.token[index] = request.token[index];
  who.pid = static_cast<pid_t>(who.byToken ? request.token[tokenPid] : request.pid);
  who.startUs = request.startUs;
  if (who.pid <= 1) return {KillResult::refused, "this pid is not killed"};
  for (const pid_t pid : ours) {
    if (who.pid == pid) return {KillResult::refused, "exectap does not kill a part of itself"};
  }
  return killProcess(who, [](const ProcessFacts& facts) -> std::string {
    return isSystemDaemon(facts) ? facts.program + " is a daemon of the system" : "";
  });
}

const char* resultName(KillResult result) {
  switch (result) {
    case KillResult::done:
      return "done";
    case KillResult::gone:
      return "gone";
    case KillResult::refused:
      return "refused";
    case KillResult::unsupported:
      return "unsupported";
    case KillResult::failed:
      return "failed";
  }
  return "failed";
}

}  // namespace exectap
