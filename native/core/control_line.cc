#include "control_line.h"

namespace exectap {

namespace {

// Objects and arrays within one another; a control line has three or four.
constexpr int deepest = 64;

bool checkBelow(Walker& walker, ondemand::value value, int depth) {
  if (depth > deepest) return walker.fail("exectap", "nested too deeply");
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return walker.fail("exectap", error);
  switch (type) {
    case ondemand::json_type::object: {
      ondemand::object object;
      if (auto error = value.get_object().get(object)) return walker.fail("exectap", error);
      for (auto result : object) {
        ondemand::field field;
        if (auto error = std::move(result).get(field)) return walker.fail("exectap", error);
        if (!checkBelow(walker, field.value(), depth + 1)) return false;
      }
      return true;
    }
    case ondemand::json_type::array: {
      ondemand::array array;
      if (auto error = value.get_array().get(array)) return walker.fail("exectap", error);
      for (auto result : array) {
        ondemand::value item;
        if (auto error = std::move(result).get(item)) return walker.fail("exectap", error);
        if (!checkBelow(walker, item, depth + 1)) return false;
      }
      return true;
    }
    case ondemand::json_type::string: {
      uint8_t* const start = walker.text;
      uint32_t ignored[2];
      const bool good = walker.string(value, "exectap", ignored);
      walker.text = start;
      return good;
    }
    case ondemand::json_type::number: {
      double ignored = 0;
      if (auto error = value.get_double().get(ignored)) return walker.fail("exectap", error);
      return true;
    }
    case ondemand::json_type::boolean: {
      bool ignored = false;
      return walker.boolean(value, "exectap", ignored);
    }
    case ondemand::json_type::null: {
      bool null = false;
      if (!walker.isNull(value, "exectap", null)) return false;
      return null || walker.fail("exectap", "not valid JSON");
    }
  }
  return walker.fail("exectap", "not valid JSON");
}

}  // namespace

// {"n":…,…}: of the pump's own making; a number that is none counts as nothing.
static bool readDropped(Walker& walker, ondemand::value value, uint64_t& dropped) {
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("exectap", error);
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("exectap", error);
    if (!keyIs(field.key().raw(), "n\"")) {
      if (!checkBelow(walker, field.value(), 2)) return false;
      continue;
    }
    if (auto error = field.value().get_uint64().get(dropped)) return walker.fail("exectap", error);
  }
  return true;
}

bool checkValue(Walker& walker, ondemand::value value) { return checkBelow(walker, value, 1); }

bool readControl(Walker& walker, ondemand::value value, bool& startsRun, uint64_t& dropped) {
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("exectap", error);
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("exectap", error);
    if (keyIs(field.key().raw(), "start\"")) startsRun = true;
    const bool tellsDropped = keyIs(field.key().raw(), "dropped\"");
    if (tellsDropped ? !readDropped(walker, field.value(), dropped) : !checkValue(walker, field.value())) return false;
  }
  return true;
}

}  // namespace exectap
