#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace exectap {

struct Options {
  bool development = false;
  // Write the stream to standard output instead of to a worker.
  bool print = false;
  std::string user = "_exectap";
  std::string socket;
  std::string socketGroup = "admin";
  std::string responseFile;
  std::vector<std::string> programs;
  std::string tap = "/usr/bin/eslogger";
  // eslogger writes to a terminal line by line, to a pipe in blocks of some KiB.
  bool pipe = false;
  // Milliseconds after which a line that has begun to come through a pipe is pushed out; 0 never.
  uint64_t pokeAfterMs = 2000;
  // Where the tap's process is noted.
  std::string tapRecord;
  std::vector<std::string> worker;
};

extern const char* const usage;

enum class Parsed { good, help, wrong };

// `problem` says what is wrong.
Parsed parseOptions(const std::vector<std::string>& arguments, Options& options, std::string& problem);

}  // namespace exectap
