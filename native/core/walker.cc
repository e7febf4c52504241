#include "walker.h"

#include <limits>

#include "timestamp.h"

namespace exectap {

bool Walker::word(ondemand::value value, const char* name, uint32_t& out) {
  int64_t number = 0;
  if (auto error = value.get_int64().get(number)) return fail(name, error);
  if (number < std::numeric_limits<int32_t>::min() || number > std::numeric_limits<uint32_t>::max()) {
    return fail(name, "number does not fit in 32 bits");
  }
  out = static_cast<uint32_t>(number);
  return true;
}

bool Walker::unsigned64(ondemand::value value, const char* name, uint64_t& out) {
  if (auto error = value.get_uint64().get(out)) return fail(name, error);
  return true;
}

bool Walker::boolean(ondemand::value value, const char* name, bool& out) {
  if (auto error = value.get_bool().get(out)) return fail(name, error);
  return true;
}

bool Walker::isNull(ondemand::value& value, const char* name, bool& out) {
  if (auto error = value.is_null().get(out)) return fail(name, error);
  return true;
}

bool Walker::string(ondemand::value value, const char* name, uint32_t* out) {
  ondemand::raw_json_string raw;
  if (auto error = value.get_raw_json_string().get(raw)) return fail(name, error);
  uint8_t* const start = text;
  std::string_view unescaped;
  // A lone surrogate becomes U+FFFD instead of a failure.
  if (auto error = parser_.unescape(raw, text, true).get(unescaped)) return fail(name, error);
  out[0] = static_cast<uint32_t>(start - base_);
  out[1] = static_cast<uint32_t>(unescaped.size());
  text = start + unescaped.size();
  return true;
}

bool Walker::stringOrNull(ondemand::value value, const char* name, uint32_t* out) {
  bool null = false;
  if (!isNull(value, name, null)) return false;
  if (!null) return string(value, name, out);
  out[0] = absent;
  out[1] = 0;
  return true;
}

bool Walker::time(ondemand::value value, const char* name, uint32_t* outText, uint32_t* outUs, int64_t& nanoseconds) {
  if (!string(value, name, outText)) return false;
  const char* start = reinterpret_cast<const char*>(base_ + outText[0]);
  if (!parseTime(start, outText[1], nanoseconds)) return fail(name, "not an RFC 3339 time in UTC");
  int64_t microseconds = nanoseconds / 1000;
  if (nanoseconds % 1000 < 0) microseconds -= 1;
  putDouble(outUs, static_cast<double>(microseconds));
  return true;
}

bool Walker::rdevOf(ondemand::value stat, const char* name, uint32_t& rdev) {
  ondemand::object object;
  if (auto error = stat.get_object().get(object)) return fail(name, error);
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return fail(name, error);
    if (keyIs(field.key().raw(), "st_rdev\"") && !word(field.value(), "st_rdev", rdev)) return false;
  }
  return true;
}

bool Walker::path(ondemand::value value, const char* name, uint32_t* out, bool* truncated, uint32_t* rdev) {
  out[0] = absent;
  out[1] = 0;
  bool null = false;
  if (!isNull(value, name, null)) return false;
  if (null) return true;
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return fail(name, error);
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return fail(name, error);
    const char* key = field.key().raw();
    if (keyIs(key, "path\"")) {
      if (!string(field.value(), name, out)) return false;
    } else if (truncated != nullptr && keyIs(key, "path_truncated\"")) {
      if (!boolean(field.value(), name, *truncated)) return false;
    } else if (rdev != nullptr && keyIs(key, "stat\"")) {
      if (!rdevOf(field.value(), name, *rdev)) return false;
    }
  }
  return true;
}

bool Walker::arguments(ondemand::value value, const char* name) {
  ondemand::array array;
  if (auto error = value.get_array().get(array)) return fail(name, error);
  std::vector<uint32_t>& table = batch_.arguments();
  const size_t first = table.size() / 2;
  const uint8_t* const start = text;
  for (auto result : array) {
    ondemand::value item;
    if (auto error = std::move(result).get(item)) return fail(name, error);
    if (text != start || table.size() / 2 > first) *text++ = ' ';
    uint32_t argument[2];
    if (!string(item, name, argument)) return false;
    table.insert(table.end(), argument, argument + 2);
  }
  record[field::argsFirst] = static_cast<uint32_t>(first);
  record[field::argsCount] = static_cast<uint32_t>(table.size() / 2 - first);
  record[field::commandLine] = static_cast<uint32_t>(start - base_);
  record[field::commandLine + 1] = static_cast<uint32_t>(text - start);
  return true;
}

}  // namespace exectap
