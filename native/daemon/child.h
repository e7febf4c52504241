#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace exectap {

// The user that a child becomes, for good.
struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct ChildPlan {
  // The first is the program's absolute path.
  std::vector<std::string> command;
  std::vector<std::string> environment;
  // Ours and the child's own; everything else is closed in the child.
  std::vector<std::pair<int, int>> descriptors;
  // The child's standard input is a terminal, and becomes its controlling one.
  bool controllingTerminal = false;
  // nullptr: the child stays who we are.
  const Account* account = nullptr;
};

struct StartFailure {
  // What could not be done, as "execute" or "drop the rights".
  const char* step = "";
  int error = 0;
};

// Starts the child in a session of its own. It has executed its program, with its rights dropped and that proven, when
// this returns; -1 leaves `failure`.
pid_t startChild(const ChildPlan& plan, StartFailure& failure);

}  // namespace exectap
