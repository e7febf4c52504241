#pragma once

#include <cstdint>
#include <string>

#include "system.h"

namespace exectap {

// The control lines that stand between the tap's own: {"exectap":{KIND:{…}}}, one a line with its '\n'.

struct TapRun {
  // Base name of the tap's program.
  std::string source;
  // Names one life of the tap: wall clock at its start, in nanoseconds.
  uint64_t id = 0;
  // 0 while there is none.
  pid_t pid = 0;
};

// Before a run's first line; `resumed` when the run goes on and the worker is new.
std::string startLine(const HostFacts& host, const TapRun& run, bool resumed);
std::string droppedLine(uint64_t lines, const char* cause);
// `exit` or `signal` is below zero when there was none; `words` is a token that the tap's standard error held, or empty.
// `final`: it is not started again.
std::string stopLine(int exit, int signal, const std::string& words, bool final);
std::string answerLine(uint32_t request, const char* kind, const char* result, const std::string& reason);

// Nanoseconds since the epoch as RFC 3339 in UTC.
std::string isoTime(uint64_t nanoseconds);

}  // namespace exectap
