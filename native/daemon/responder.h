#pragma once

#include <string>
#include <vector>

#include "request.h"
#include "system.h"
#include "trusted_path.h"

namespace exectap {

// Decides whether a process may be killed for the worker, and does it. The worker may have been taken over by what it
// parses, so nothing it says is believed.
class Responder {
 public:
  // Response is enabled while `switchFile` is there and an owner's; an empty path never enables it.
  Responder(std::string switchFile, Owners owners) : switchFile_(std::move(switchFile)), owners_(owners) {}

  // `ours` are refused: the pump itself, the worker, the tap.
  KillOutcome kill(const Request& request, const std::vector<pid_t>& ours) const;

 private:
  std::string whyDisabled() const;

  std::string switchFile_;
  Owners owners_;
};

const char* resultName(KillResult result);

}  // namespace exectap
