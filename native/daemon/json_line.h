#pragma once

#include <cstdint>
#include <string>

namespace exectap {

// Writes one line of JSON, key by key. Text may be any bytes: what is no UTF-8 becomes U+FFFD. The pump writes JSON and
// never reads any.
class JsonLine {
 public:
  JsonLine& open(const char* key = nullptr);
  JsonLine& close();
  JsonLine& text(const char* key, const std::string& value);
  // Left out when it is empty.
  JsonLine& known(const char* key, const std::string& value);
  JsonLine& number(const char* key, int64_t value);
  JsonLine& number(const char* key, uint64_t value);
  JsonLine& boolean(const char* key, bool value);
  JsonLine& null(const char* key);

  // The line with its '\n'.
  std::string end();

 private:
  void key(const char* name);
  void quoted(const std::string& value);

  std::string line_;
};

}  // namespace exectap
