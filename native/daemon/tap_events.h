#pragma once

#include <string>
#include <vector>

namespace exectap {

// Those of the wanted events that the tap knows, as `--list-events` tells; all of them where it does not tell in time.
// eslogger refuses to start for one name that it does not know. Waits two seconds at most.
std::vector<std::string> knownEvents(const std::string& program, const std::vector<std::string>& wanted);

}  // namespace exectap
