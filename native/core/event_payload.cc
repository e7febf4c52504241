#include "event_payload.h"

#include "process_block.h"

namespace exectap {

namespace {

uint32_t kindOfKey(const char* key) {
  if (keyIs(key, "exec\"")) return execKind;
  if (keyIs(key, "fork\"")) return forkKind;
  return keyIs(key, "exit\"") ? static_cast<uint32_t>(exitKind) : 0;
}

bool readExecField(Walker& walker, const char* key, ondemand::value value, bool& hasTarget, bool& hasArgs) {
  uint32_t* record = walker.record;
  switch (tagAt(key)) {
    case tag("target\""):
      if (!keyIs(key, "target\"")) return true;
      hasTarget = true;
      return readProcess(walker, value, subjectBlock, "event.exec.target");
    case tag("args\""):
      if (!keyIs(key, "args\"")) return true;
      hasArgs = true;
      return walker.arguments(value, "args");
    case tag("cwd\""): return walker.path(value, "cwd", record + field::cwd, nullptr, nullptr);
    case tag("script\""):
      return !keyIs(key, "script\"") || walker.path(value, "script", record + field::script, nullptr, nullptr);
    case tag("dyld_exec_path\""):
      return !keyIs(key, "dyld_exec_path\"") ||
             walker.stringOrNull(value, "dyld_exec_path", record + field::dyldExecPath);
    case tag("image_cputype\""):
      if (keyIs(key, "image_cputype\"")) return walker.word(value, "image_cputype", record[field::cpuType]);
      return !keyIs(key, "image_cpusubtype\"") || walker.word(value, "image_cpusubtype", record[field::cpuSubtype]);
    case tag("last_fd\""): return !keyIs(key, "last_fd\"") || walker.word(value, "last_fd", record[field::lastFd]);
    default: return true;  // env among them: secrets stay where they are
  }
}

bool readExec(Walker& walker, ondemand::value value) {
  walker.scope = "event.exec";
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("", error);
  bool hasTarget = false;
  bool hasArgs = false;
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("", error);
    if (!readExecField(walker, field.key().raw(), field.value(), hasTarget, hasArgs)) return false;
  }
  if (!hasTarget) return walker.fail("target", "missing");
  return hasArgs || walker.fail("args", "missing");
}

bool readFork(Walker& walker, ondemand::value value) {
  walker.scope = "event.fork";
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("", error);
  bool hasChild = false;
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("", error);
    if (!keyIs(field.key().raw(), "child\"")) continue;
    hasChild = true;
    if (!readProcess(walker, field.value(), subjectBlock, "event.fork.child")) return false;
  }
  return hasChild || walker.fail("child", "missing");
}

bool readExit(Walker& walker, ondemand::value value) {
  walker.scope = "event.exit";
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("", error);
  bool hasStat = false;
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("", error);
    if (!keyIs(field.key().raw(), "stat\"")) continue;
    hasStat = true;
    if (!walker.word(field.value(), "stat", walker.record[field::exitStat])) return false;
  }
  return hasStat || walker.fail("stat", "missing");
}

}  // namespace

bool readEvent(Walker& walker, ondemand::value value, uint32_t& kind) {
  walker.scope = "event";
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("", error);
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("", error);
    walker.scope = "event";
    const uint32_t found = kindOfKey(field.key().raw());
    if (found == 0) continue;
    if (kind != 0) return walker.fail("", "holds more than one event");
    kind = found;
    const bool good = kind == execKind   ? readExec(walker, field.value())
                      : kind == forkKind ? readFork(walker, field.value())
                                         : readExit(walker, field.value());
    if (!good) return false;
  }
  walker.scope = "";
  return true;
}

}  // namespace exectap
