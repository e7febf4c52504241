#include "message.h"

#include "control_line.h"
#include "event_payload.h"
#include "process_block.h"

namespace exectap {

namespace {

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
      if (keyIs(key, "event\"")) return readEvent(walker, value, seen.payload);
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

}  // namespace

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
    bool good = true;
    if (control) {
      seen.control = true;
      good = readControl(walker, field.value(), seen.startsRun, seen.dropped);
    } else if (seen.control) {
      good = checkValue(walker, field.value());
    } else {
      good = readMessageField(walker, key, field.value(), seen, out);
    }
    if (!good) return false;
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

}  // namespace exectap
