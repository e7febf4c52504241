#include "decoder.h"

#include "message.h"
#include "splitter.h"
#include "utf8.h"

namespace exectap {

namespace {

// A parser that grew for a longer line than this is made anew: it holds about six bytes for each of the line's.
constexpr size_t parserBytesKept = 1024 * 1024;

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
  out.dropped = 0;
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
    out.dropped = seen.dropped;
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
