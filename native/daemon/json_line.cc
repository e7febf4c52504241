#include "json_line.h"

#include <cstdio>

#include "../core/utf8.h"

namespace exectap {

void JsonLine::key(const char* name) {
  if (!line_.empty() && line_.back() != '{') line_ += ',';
  if (name == nullptr) return;
  line_ += '"';
  line_ += name;
  line_ += "\":";
}

void JsonLine::quoted(const std::string& value) {
  std::string valid;
  replaceInvalidUtf8(value.data(), value.size(), valid);
  line_ += '"';
  for (const char character : valid) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      line_ += '\\';
      line_ += character;
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[7];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      line_ += escape;
    } else {
      line_ += character;
    }
  }
  line_ += '"';
}

JsonLine& JsonLine::open(const char* name) {
  key(name);
  line_ += '{';
  return *this;
}

JsonLine& JsonLine::close() {
  line_ += '}';
  return *this;
}

JsonLine& JsonLine::text(const char* name, const std::string& value) {
  key(name);
  quoted(value);
  return *this;
}

JsonLine& JsonLine::known(const char* name, const std::string& value) {
  return value.empty() ? *this : text(name, value);
}

JsonLine& JsonLine::number(const char* name, int64_t value) {
  key(name);
  line_ += std::to_string(value);
  return *this;
}

JsonLine& JsonLine::number(const char* name, uint64_t value) {
  key(name);
  line_ += std::to_string(value);
  return *this;
}

JsonLine& JsonLine::boolean(const char* name, bool value) {
  key(name);
  line_ += value ? "true" : "false";
  return *this;
}

JsonLine& JsonLine::null(const char* name) {
  key(name);
  line_ += "null";
  return *this;
}

std::string JsonLine::end() { return line_ + '\n'; }

}  // namespace exectap
