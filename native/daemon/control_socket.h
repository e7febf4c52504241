#pragma once

#include <string>

#include "trusted_path.h"

namespace exectap {

// Makes the listening socket of the command line at `path`, mode 0660 for `group` (in development 0600). Its folder is
// made if it is missing, and must be the owners'. -1 leaves `problem`.
int makeControlSocket(const std::string& path, const std::string& group, const Owners& owners, std::string& problem);

}  // namespace exectap
