#pragma once

#include <sys/types.h>

#include <string>

#include "trusted_path.h"

namespace exectap {

// Notes on disk which process is the tap, by pid and start: a tap that outlives a pump that was killed is ended by the next
// one. An empty path notes nothing.
class TapRecord {
 public:
  TapRecord(std::string path, Owners owners) : path_(std::move(path)), owners_(owners) {}

  // false, with the reason, where somebody else could write what is noted there; then nothing is noted.
  bool usable(std::string& problem);
  // Ends what a pump before has left; does nothing where that process has ended or its pid is another's by now.
  void endLeftOver() const;
  void remember(pid_t pid) const;
  void forget() const;

 private:
  bool read(pid_t& pid, uint64_t& startUs) const;

  std::string path_;
  Owners owners_;
};

}  // namespace exectap
