#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>

namespace exectap {

// One line of ECS JSON on standard error, as the worker's own log. `fields` are pairs of a key and a text.
void log(const char* level, const std::string& message,
         std::initializer_list<std::pair<const char*, std::string>> fields = {});

// Writes what the descriptor takes without waiting; false where it does not take all. A log that nobody reads must not keep
// the pump from pumping.
bool writeUnlessFull(int descriptor, const char* data, size_t length);

}  // namespace exectap
