#include "check.h"

namespace check {

std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

int faults = 0;

}  // namespace check

int main() {
  int passed = 0;
  int failed = 0;
  for (const check::Test& test : check::tests()) {
    check::faults = 0;
    test.run();
    if (check::faults == 0) {
      ++passed;
    } else {
      ++failed;
      std::printf("failed: %s\n", test.name);
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
