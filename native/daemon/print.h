#pragma once

#include "options.h"
#include "system.h"
#include "trusted_path.h"

namespace exectap {

// Writes one run of the tap to standard output, with its control lines, until it ends, a signal asks for an end, or
// nobody reads any more. Returns the exit code.
int printStream(const Options& options, Owners owners, const HostFacts& host);

}  // namespace exectap
