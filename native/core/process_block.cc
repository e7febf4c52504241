#include "process_block.h"

namespace exectap {

namespace {

bool readTokenArray(Walker& walker, ondemand::value value, const char* name, uint32_t* token) {
  ondemand::array array;
  if (auto error = value.get_array().get(array)) return walker.fail(name, error);
  uint32_t count = 0;
  for (auto result : array) {
    ondemand::value item;
    if (auto error = std::move(result).get(item)) return walker.fail(name, error);
    if (count == tokenWords) return walker.fail(name, "more than eight numbers");
    if (!walker.word(item, name, token[count])) return false;
    count += 1;
  }
  return count == tokenWords || walker.fail(name, "fewer than eight numbers");
}

// tokenWords when the key names none of them.
uint32_t tokenWordOf(const char* key) {
  switch (tagAt(key)) {
    case tag("auid\""): return keyIs(key, "auid\"") ? auidWord : tokenWords;
    case tag("euid\""): return keyIs(key, "euid\"") ? euidWord : tokenWords;
    case tag("egid\""): return keyIs(key, "egid\"") ? egidWord : tokenWords;
    case tag("ruid\""): return keyIs(key, "ruid\"") ? ruidWord : tokenWords;
    case tag("rgid\""): return keyIs(key, "rgid\"") ? rgidWord : tokenWords;
    case tag("pid\""): return pidWord;
    case tag("asid\""): return keyIs(key, "asid\"") ? asidWord : tokenWords;
    case tag("pidversion\""): return keyIs(key, "pidversion\"") ? pidversionWord : tokenWords;
    default: return tokenWords;
  }
}

bool readTokenObject(Walker& walker, ondemand::value value, const char* name, uint32_t* token) {
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail(name, error);
  uint32_t seen = 0;
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail(name, error);
    const uint32_t word = tokenWordOf(field.key().raw());
    if (word == tokenWords) continue;
    if (!walker.word(field.value(), name, token[word])) return false;
    seen |= 1u << word;
  }
  // A missing euid read as 0 would make root of anyone: a token is whole or the line is refused.
  constexpr uint32_t all = (1u << tokenWords) - 1;
  return seen == all || walker.fail(name, "a number of the token is missing");
}

// macOS 13 to 15 and 26.5 print an object, the 26 betas the eight numbers of audit_token_t.
bool readToken(Walker& walker, ondemand::value value, const char* name, uint32_t* token) {
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return walker.fail(name, error);
  if (type == ondemand::json_type::array) return readTokenArray(walker, value, name, token);
  return readTokenObject(walker, value, name, token);
}

bool readFlag(Walker& walker, ondemand::value value, const char* name, uint32_t* block, uint32_t flag) {
  bool set = false;
  if (!walker.boolean(value, name, set)) return false;
  block[field::flags] = set ? block[field::flags] | flag : block[field::flags] & ~flag;
  return true;
}

bool readCdhash(Walker& walker, ondemand::value value, uint32_t* block) {
  uint8_t* const start = walker.text;
  if (!walker.stringOrNull(value, "cdhash", block + field::cdhash)) return false;
  for (uint8_t* at = start; at < walker.text; ++at) {
    if (*at >= 'A' && *at <= 'F') *at += 'a' - 'A';
  }
  return true;
}

bool readExecutable(Walker& walker, ondemand::value value, uint32_t* block) {
  bool truncated = false;
  if (!walker.path(value, "executable", block + field::executable, &truncated, nullptr)) return false;
  if (truncated) block[field::flags] |= isExecutableTruncated;
  return true;
}

bool readStartTime(Walker& walker, ondemand::value value, uint32_t* block) {
  int64_t nanoseconds = 0;
  block[field::blockPresence] |= hasStartTime;
  return walker.time(value, "start_time", block + field::startTime, block + field::startUs, nanoseconds);
}

bool readField(Walker& walker, const char* key, ondemand::value value, uint32_t* block, bool& hasToken) {
  switch (tagAt(key)) {
    case tag("audit_token\""):
      if (!keyIs(key, "audit_token\"")) return true;
      hasToken = true;
      return readToken(walker, value, "audit_token", block + field::auditToken);
    case tag("parent_audit_token\""):
      if (!keyIs(key, "parent_audit_token\"")) return true;
      block[field::blockPresence] |= hasParentToken;
      return readToken(walker, value, "parent_audit_token", block + field::parentToken);
    case tag("responsible_audit_token\""):
      if (!keyIs(key, "responsible_audit_token\"")) return true;
      block[field::blockPresence] |= hasResponsibleToken;
      return readToken(walker, value, "responsible_audit_token", block + field::responsibleToken);
    case tag("ppid\""): return !keyIs(key, "ppid\"") || walker.word(value, "ppid", block[field::ppid]);
    case tag("original_ppid\""):
      return !keyIs(key, "original_ppid\"") || walker.word(value, "original_ppid", block[field::originalPpid]);
    case tag("group_id\""): return !keyIs(key, "group_id\"") || walker.word(value, "group_id", block[field::groupId]);
    case tag("session_id\""):
      return !keyIs(key, "session_id\"") || walker.word(value, "session_id", block[field::sessionId]);
    case tag("codesigning_flags\""):
      return !keyIs(key, "codesigning_flags\"") || walker.word(value, "codesigning_flags", block[field::csFlags]);
    case tag("cs_validation_category\""):
      if (!keyIs(key, "cs_validation_category\"")) return true;
      block[field::blockPresence] |= hasValidationCategory;
      return walker.word(value, "cs_validation_category", block[field::validationCategory]);
    case tag("is_platform_binary\""):
      return !keyIs(key, "is_platform_binary\"") ||
             readFlag(walker, value, "is_platform_binary", block, isPlatformBinary);
    case tag("is_es_client\""):
      return !keyIs(key, "is_es_client\"") || readFlag(walker, value, "is_es_client", block, isEsClient);
    case tag("cdhash\""): return !keyIs(key, "cdhash\"") || readCdhash(walker, value, block);
    case tag("signing_id\""):
      return !keyIs(key, "signing_id\"") || walker.stringOrNull(value, "signing_id", block + field::signingId);
    case tag("team_id\""):
      return !keyIs(key, "team_id\"") || walker.stringOrNull(value, "team_id", block + field::teamId);
    case tag("executable\""): return !keyIs(key, "executable\"") || readExecutable(walker, value, block);
    case tag("tty\""): return walker.path(value, "tty", block + field::tty, nullptr, block + field::ttyRdev);
    case tag("start_time\""): return !keyIs(key, "start_time\"") || readStartTime(walker, value, block);
    default: return true;
  }
}

}  // namespace

bool readProcess(Walker& walker, ondemand::value value, uint32_t block, const char* scope) {
  const char* const outer = walker.scope;
  walker.scope = scope;
  uint32_t* const words = walker.record + block;
  clearBlock(words);
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return walker.fail("", error);
  bool hasToken = false;
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return walker.fail("", error);
    if (!readField(walker, field.key().raw(), field.value(), words, hasToken)) return false;
  }
  if (!hasToken) return walker.fail("audit_token", "missing");
  if (words[field::executable] == absent) return walker.fail("executable", "missing");
  walker.scope = outer;
  return true;
}

}  // namespace exectap
