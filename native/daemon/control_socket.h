#pragma once

#include <string>

#include "trusted_path.h"

namespace exectap {

struct ControlSocket {
  // -1 where there is none.
  int descriptor = -1;
  // Whose members may use it; below zero where only its owner may.
  long group = -1;
};

// Makes the listening socket of the command line at `path`, mode 0660 for `group` (in development 0600). Its folder is
// made if it is missing, and must be the owners'. false leaves `problem`.
bool makeControlSocket(const std::string& path, const std::string& group, const Owners& owners, ControlSocket& made,
                       std::string& problem);

}  // namespace exectap
