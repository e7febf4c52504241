#pragma once

#include "walker.h"

namespace exectap {

// Reads `event`, which holds one key, the event's name, with its payload. `kind` becomes that of exec, fork or exit and
// stays 0 for any other event.
bool readEvent(Walker& walker, ondemand::value value, uint32_t& kind);

}  // namespace exectap
