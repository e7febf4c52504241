#pragma once

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
  std::vector<std::string> worker;
};

extern const char* const usage;

enum class Parsed { good, help, wrong };

// `problem` says what is wrong.
Parsed parseOptions(const std::vector<std::string>& arguments, Options& options, std::string& problem);

}  // namespace exectap
