#pragma once

#include <initializer_list>
#include <string>
#include <utility>

namespace exectap {

// One line of ECS JSON on standard error, as the worker's own log. `fields` are pairs of a key and a text.
void log(const char* level, const std::string& message,
         std::initializer_list<std::pair<const char*, std::string>> fields = {});

}  // namespace exectap
