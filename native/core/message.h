#pragma once

#include "decoded.h"
#include "walker.h"

namespace exectap {

// Which of the mandatory parts of a message were there.
struct Seen {
  bool control = false;
  bool startsRun = false;
  uint64_t dropped = 0;
  bool eventType = false;
  bool time = false;
  bool process = false;
  // Kind of the payload under `event`, 0 for any other event.
  uint32_t payload = 0;
};

// Reads a whole line, event or control line, into the walker's record.
bool readMessage(Walker& walker, ondemand::document& document, Seen& seen, Decoded& out);

// Whether an event has all that an event must have.
bool complete(Walker& walker, const Seen& seen, const Decoded& out);

}  // namespace exectap
