#pragma once

#include "walker.h"

namespace exectap {

// Reads a process object (message.process, exec.target, fork.child) into the block at `block` of the walker's record.
// `scope` is the object's path in the message and names it in a fault.
bool readProcess(Walker& walker, ondemand::value value, uint32_t block, const char* scope);

}  // namespace exectap
