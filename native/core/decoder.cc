#include "decoder.h"

#include "process_block.h"
#include "splitter.h"
#include "utf8.h"

namespace exectap {

namespace {

// A parser that grew for a longer line than this is made anew: it holds about six bytes for each of the line's.
constexpr size_t parserBytesKept = 1024 * 1024;

// es_event_type_t, <EndpointSecurity/ESTypes.h>
constexpr uint32_t execType = 9;
constexpr uint32_t forkType = 11;
constexpr uint32_t exitType = 15;

uint32_t kindOfType(uint32_t eventType) {
  switch (eventType) {
    case execType: return execKind;
    case forkType: return forkKind;
    case exitType: return exitKind;
    default: return 0;
  }
}

uint32_t kindOfKey(const char* key) {
  if (keyIs(key, "exec\"")) return execKind;
  if (keyIs(key, "fork\"")) return forkKind;
  return keyIs(key, "exit\"") ? static_cast<uint32_t>(exitKind) : 0;
}

// Which of the mandatory parts of a message were there.
struct Seen {
  bool control = false;
  bool startsRun = false;
  bool eventType = false;
  bool time = false;
  bool process = false;
  // Kind of the payload under `event`, 0 for any other event.
  uint32_t payload = 0;
};

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

// `event` holds one key: the event's name.
bool readEvent(Walker& walker, ondemand::value value, Seen& seen) {
  walker.scope = "event";
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("", error);
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("", error);
    const char* key = field.key().raw();
    const uint32_t kind = kindOfKey(key);
    if (kind == 0) continue;
    if (seen.payload != 0) return walker.fail("", "holds more than one event");
    seen.payload = kind;
    const bool good = kind == execKind   ? readExec(walker, field.value())
                      : kind == forkKind ? readFork(walker, field.value())
                                         : readExit(walker, field.value());
    if (!good) return false;
  }
  walker.scope = "";
  return true;
}

bool readAuth(Walker& walker, ondemand::value value) {
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("action.result.result", error);
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("action.result.result", error);
    if (!keyIs(field.key().raw(), "auth\"")) continue;
    if (!walker.word(field.value(), "action.result.result.auth", walker.record[field::auth])) return false;
    walker.record[field::presence] |= hasAuth;
  }
  return true;
}

// {"result":{"result_type":0,"result":{"auth":0}}}; type 1 holds `flags` instead, which only opens have.
bool readAction(Walker& walker, ondemand::value value) {
  ondemand::object action;
  if (auto error = value.get_object().get(action)) return walker.fail("action", error);
  for (auto outer : action) {
    ondemand::field field;
    if (auto error = std::move(outer).get(field)) return walker.fail("action", error);
    if (!keyIs(field.key().raw(), "result\"")) continue;
    ondemand::object object;
    if (auto error = field.value().get_object().get(object)) return walker.fail("action.result", error);
    for (auto inner : object) {
      ondemand::field part;
      if (auto error = std::move(inner).get(part)) return walker.fail("action.result", error);
      const char* key = part.key().raw();
      if (keyIs(key, "result_type\"")) {
        if (!walker.word(part.value(), "action.result.result_type", walker.record[field::resultType])) return false;
      } else if (keyIs(key, "result\"")) {
        if (!readAuth(walker, part.value())) return false;
      }
    }
  }
  return true;
}

bool readThread(Walker& walker, ondemand::value value) {
  bool null = false;
  if (!walker.isNull(value, "thread", null)) return false;
  if (null) return true;
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("thread", error);
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("thread", error);
    if (!keyIs(field.key().raw(), "thread_id\"")) continue;
    uint64_t id = 0;
    if (!walker.unsigned64(field.value(), "thread.thread_id", id)) return false;
    putU64(walker.record + field::threadId, id);
    walker.record[field::presence] |= hasThreadId;
  }
  return true;
}

bool readTime(Walker& walker, ondemand::value value, Seen& seen, Decoded& out) {
  uint32_t* record = walker.record;
  if (!walker.time(value, "time", record + field::time, record + field::timeUs, out.timeNs)) return false;
  seen.time = true;
  out.time.assign(reinterpret_cast<const char*>(walker.text) - record[field::time + 1], record[field::time + 1]);
  return true;
}

bool readSequence(Walker& walker, const char* key, ondemand::value value, Decoded& out) {
  if (keyIs(key, "seq_num\"")) {
    out.hasSeq = true;
    walker.record[field::presence] |= hasSeqNum;
    if (!walker.unsigned64(value, "seq_num", out.seq)) return false;
    putU64(walker.record + field::seqNum, out.seq);
  } else if (keyIs(key, "global_seq_num\"")) {
    out.hasGlobal = true;
    walker.record[field::presence] |= hasGlobalSeqNum;
    if (!walker.unsigned64(value, "global_seq_num", out.global)) return false;
    putU64(walker.record + field::globalSeqNum, out.global);
  }
  return true;
}

bool readMessageField(Walker& walker, const char* key, ondemand::value value, Seen& seen, Decoded& out) {
  switch (tagAt(key)) {
    case tag("schema_version\""):
      return !keyIs(key, "schema_version\"") ||
             walker.word(value, "schema_version", walker.record[field::schemaVersion]);
    case tag("version\""):
      return !keyIs(key, "version\"") || walker.word(value, "version", walker.record[field::version]);
    case tag("time\""): return !keyIs(key, "time\"") || readTime(walker, value, seen, out);
    case tag("mach_time\""): {
      if (!keyIs(key, "mach_time\"")) return true;
      uint64_t ticks = 0;
      if (!walker.unsigned64(value, "mach_time", ticks)) return false;
      putU64(walker.record + field::machTime, ticks);
      return true;
    }
    case tag("event_type\""):
      if (keyIs(key, "event\"")) return readEvent(walker, value, seen);
      if (!keyIs(key, "event_type\"")) return true;
      seen.eventType = true;
      return walker.word(value, "event_type", out.eventType);
    case tag("process\""):
      if (!keyIs(key, "process\"")) return true;
      seen.process = true;
      return readProcess(walker, value, actorBlock, "process");
    case tag("thread\""): return !keyIs(key, "thread\"") || readThread(walker, value);
    case tag("action\""): return !keyIs(key, "action\"") || readAction(walker, value);
    case tag("seq_num\""):
    case tag("global_seq_num\""): return readSequence(walker, key, value, out);
    default: return true;
  }
}

// Reads everything below a value: simdjson checks only what is read, and a control line is handed on as text.
bool checkValue(Walker& walker, ondemand::value value, int depth) {
  constexpr int deepest = 64;
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
        if (!checkValue(walker, field.value(), depth + 1)) return false;
      }
      return true;
    }
    case ondemand::json_type::array: {
      ondemand::array array;
      if (auto error = value.get_array().get(array)) return walker.fail("exectap", error);
      for (auto result : array) {
        ondemand::value item;
        if (auto error = std::move(result).get(item)) return walker.fail("exectap", error);
        if (!checkValue(walker, item, depth + 1)) return false;
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

bool readControl(Walker& walker, ondemand::value value, Seen& seen) {
  seen.control = true;
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("exectap", error);
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("exectap", error);
    if (keyIs(field.key().raw(), "start\"")) seen.startsRun = true;
    if (!checkValue(walker, field.value(), 1)) return false;
  }
  return true;
}

bool readMessage(Walker& walker, ondemand::document& document, Seen& seen, Decoded& out) {
  ondemand::object object;
  if (auto error = document.get_object().get(object)) return walker.fail("", error);
  bool first = true;
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("", error);
    const char* key = field.key().raw();
    const bool control = first && keyIs(key, "exectap\"");
    first = false;
    if (control || seen.control) {
      if (control ? !readControl(walker, field.value(), seen) : !checkValue(walker, field.value(), 1)) return false;
    } else if (!readMessageField(walker, key, field.value(), seen, out)) {
      return false;
    }
  }
  return document.at_end() || walker.fail("", "something follows the JSON object");
}

// An exec whose event_type says fork is no event that macOS sends: something rewrote the line.
bool complete(Walker& walker, const Seen& seen, const Decoded& out) {
  walker.scope = "";
  if (!seen.eventType) return walker.fail("event_type", "missing");
  const uint32_t kind = kindOfType(out.eventType);
  if (kind == 0 && seen.payload == 0) return true;
  if (seen.payload == 0) return walker.fail("event", "its payload is missing");
  if (kind != seen.payload) return walker.fail("event_type", "disagrees with the key of event");
  if (!seen.time) return walker.fail("time", "missing");
  return seen.process || walker.fail("process", "missing");
}

std::string describe(const Fault& fault) {
  std::string reason = fault.scope;
  if (fault.name[0] != '\0') {
    if (!reason.empty()) reason += '.';
    reason += fault.name;
  }
  if (!reason.empty()) reason += ": ";
  return reason + fault.what;
}

}  // namespace

Decoder::Decoder(size_t maxLineBytes) : maxLineBytes_(maxLineBytes) {}

void Decoder::decode(const char* json, size_t length, Batch& batch, Decoded& out) {
  out.hasSeq = out.hasGlobal = out.startsRun = out.replacedUtf8 = false;
  out.kind = out.eventType = out.version = 0;
  out.timeNs = 0;
  out.time.clear();
  out.reason.clear();
  if (!attempt(json, length, batch, out)) {
    repaired_.clear();
    replaceInvalidUtf8(json, length, repaired_);
    out.replacedUtf8 = true;
    if (repaired_.size() > maxLineBytes_) {
      // Each bad byte becomes three: without this bound a line could treble.
      out.outcome = Outcome::undecodable;
      out.reason = "longer than the line limit once its invalid UTF-8 was replaced";
    } else {
      const size_t repairedLength = repaired_.size();
      repaired_.append(linePadding, '\0');
      if (!attempt(repaired_.data(), repairedLength, batch, out)) {
        out.outcome = Outcome::undecodable;
        out.reason = simdjson::error_message(simdjson::UTF8_ERROR);
      }
    }
  }
  giveBackMemory();
}

bool Decoder::attempt(const char* json, size_t length, Batch& batch, Decoded& out) {
  ondemand::document document;
  const auto error = parser_.iterate(json, length, length + linePadding).get(document);
  if (error == simdjson::UTF8_ERROR) return false;
  if (error != simdjson::SUCCESS) {
    out.outcome = Outcome::undecodable;
    out.reason = simdjson::error_message(error);
    return true;
  }
  decodeDocument(document, json, length, batch, out);
  return true;
}

void Decoder::decodeDocument(ondemand::document& document, const char* json, size_t length, Batch& batch, Decoded& out) {
  uint32_t* record = batch.begin(length);
  Walker walker(parser_, batch, record);
  Seen seen;
  bool good = readMessage(walker, document, seen, out);
  if (good && seen.control) {
    out.outcome = Outcome::record;
    out.kind = controlKind;
    out.startsRun = seen.startsRun;
    clearRecord(record);
    record[field::control] = static_cast<uint32_t>(batch.textUsed());
    record[field::control + 1] = static_cast<uint32_t>(length);
    std::memcpy(batch.textEnd(), json, length);
    textEnd_ = batch.textEnd() + length;
  } else if (good && complete(walker, seen, out)) {
    out.kind = seen.payload;
    out.version = record[field::version];
    out.outcome = out.kind == 0 ? Outcome::other : Outcome::record;
    textEnd_ = walker.text;
  } else {
    out.outcome = Outcome::undecodable;
    out.reason = describe(walker.fault);
    if (!good) readNumbers(json, length, out);
    if (good && !seen.eventType) out.hasSeq = false;
  }
  record[field::kind] = out.kind;
  if (out.outcome != Outcome::record) batch.drop();
}

// The numbers of an event that could not be decoded, so that it does not look like an event that never came.
void Decoder::readNumbers(const char* json, size_t length, Decoded& out) {
  out.hasSeq = out.hasGlobal = false;
  out.eventType = 0;
  ondemand::document document;
  if (parser_.iterate(json, length, length + linePadding).get(document) != simdjson::SUCCESS) return;
  ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) return;
  bool hasType = false, hasSeq = false, hasGlobal = false;
  for (auto result : object) {
    ondemand::field field;
    if (std::move(result).get(field) != simdjson::SUCCESS) break;
    const char* key = field.key().raw();
    uint64_t number = 0;
    if (keyIs(key, "seq_num\"")) {
      hasSeq = field.value().get_uint64().get(out.seq) == simdjson::SUCCESS;
      if (!hasSeq) break;
    } else if (keyIs(key, "global_seq_num\"")) {
      hasGlobal = field.value().get_uint64().get(out.global) == simdjson::SUCCESS;
      if (!hasGlobal) break;
    } else if (keyIs(key, "event_type\"")) {
      hasType = field.value().get_uint64().get(number) == simdjson::SUCCESS && number <= 0xFFFFFFFFu;
      if (!hasType) break;
      out.eventType = static_cast<uint32_t>(number);
    }
  }
  out.hasSeq = hasSeq && hasType;
  out.hasGlobal = hasGlobal;
}

void Decoder::giveBackMemory() {
  if (parser_.capacity() > parserBytesKept) parser_ = ondemand::parser();
  if (repaired_.capacity() > parserBytesKept) std::string().swap(repaired_);
}

}  // namespace exectap
