#pragma once

#include <cstdio>
#include <string>
#include <vector>

// A test is a function registered by TEST; CHECK and EQUAL note a fault and go on.
namespace check {

struct Test {
  const char* name;
  void (*run)();
};

std::vector<Test>& tests();
extern int faults;

struct Registration {
  Registration(const char* name, void (*run)()) { tests().push_back({name, run}); }
};

inline std::string show(const std::string& value) { return "\"" + value + "\""; }
inline std::string show(const char* value) { return show(std::string(value)); }
inline std::string show(bool value) { return value ? "true" : "false"; }
template <typename T>
std::string show(T value) {
  return std::to_string(value);
}

inline void fault(const char* file, int line, const std::string& text) {
  ++faults;
  std::printf("  %s:%d: %s\n", file, line, text.c_str());
}

}  // namespace check

#define TEST(name)                                                  \
  static void test_##name();                                        \
  static const check::Registration registered_##name(#name, test_##name); \
  static void test_##name()

#define CHECK(condition)                                                  \
  do {                                                                    \
    if (!(condition)) check::fault(__FILE__, __LINE__, "not true: " #condition); \
  } while (false)

#define EQUAL(actual, expected)                                                                                 \
  do {                                                                                                          \
    const auto got = (actual);                                                                                 \
    const auto want = (expected);                                                                              \
    if (!(got == want)) {                                                                                       \
      check::fault(__FILE__, __LINE__, #actual ": expected " + check::show(want) + ", got " + check::show(got)); \
    }                                                                                                           \
  } while (false)
