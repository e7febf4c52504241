#pragma once

#include "walker.h"

namespace exectap {

// A control line is `{"exectap":{…}}`: what a tap writes between the events, of its start, its drops, the processes it
// found. It is handed on as text.

// Reads the object under "exectap". `startsRun`: it has a key "start", with which the sequence numbers begin anew.
// `dropped`: lines that its key "dropped" tells of, whose numbers are missing for that reason.
bool readControl(Walker& walker, ondemand::value value, bool& startsRun, uint64_t& dropped);

// Reads everything below a value, since simdjson checks only what is read and the text will be parsed again.
bool checkValue(Walker& walker, ondemand::value value);

}  // namespace exectap
