#pragma once

#include <sys/types.h>

#include <string>

namespace exectap {

// Who may have put a file there: root, and in development the running user too.
struct Owners {
  bool development = false;
  uid_t user = 0;
};

// Whether nobody but the owners can have changed what `path` names: it and every folder above it, of the path as it is
// written and behind every symbolic link, belong to an owner and cannot be written by group or others. In development a
// sticky folder such as /tmp is borne where the entry in it is an owner's. false fills `problem` with the path at fault.
//
// Access control lists of macOS do not show in a mode and are not looked at.
bool trustedPath(const std::string& path, const Owners& owners, std::string& problem);

// The same for a file, or for a folder and everything in it.
bool trustedTree(const std::string& folder, const Owners& owners, std::string& problem);

}  // namespace exectap
