#pragma once

#include <string>

namespace exectap {

// Whether a program runs what others have written: whoever has started it may be anybody.
inline bool isInterpreter(const std::string& program) {
  const std::string name = program.substr(program.rfind('/') + 1);
  for (const char* prefix : {"python", "perl", "ruby", "node", "php", "tclsh"}) {
    if (name.compare(0, std::string(prefix).size(), prefix) == 0) return true;
  }
  for (const char* shell : {"sh", "bash", "zsh", "dash", "ksh", "csh", "tcsh", "fish", "osascript", "env", "swift", "awk"}) {
    if (name == shell) return true;
  }
  return false;
}

}  // namespace exectap
