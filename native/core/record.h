#pragma once

#include <cstddef>
#include <cstdint>

// The layout of a record: a fixed number of 32-bit words, the same numbers as in src/native/layout.ts.
//
// Text is an (offset, length) pair into the bytes of the batch; offset `absent` means there is none. 64-bit integers
// are two words, low word first. Doubles lie on even words, so that one buffer can be viewed as Uint32Array,
// Int32Array and Float64Array alike.
namespace exectap {

#if defined(__BYTE_ORDER__)
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "64-bit words are stored low word first");
#endif

constexpr uint32_t absent = 0xFFFFFFFFu;

enum Kind : uint32_t { execKind = 1, forkKind = 2, exitKind = 3, controlKind = 4 };

// clang-format off
#define EXECTAP_HEADER_FIELDS(X) \
  X(kind, 0) X(version, 1) X(schemaVersion, 2) X(presence, 3) \
  X(timeUs, 4) X(machTime, 6) X(seqNum, 8) X(globalSeqNum, 10) X(threadId, 12) \
  X(time, 14) X(resultType, 16) X(auth, 17) \
  X(argsFirst, 18) X(argsCount, 19) X(commandLine, 20) \
  X(cwd, 22) X(script, 24) X(dyldExecPath, 26) \
  X(cpuType, 28) X(cpuSubtype, 29) X(lastFd, 30) X(exitStat, 31) \
  X(control, 32) X(ownBytes, 34)

#define EXECTAP_BLOCK_FIELDS(X) \
  X(startUs, 0) X(auditToken, 2) X(parentToken, 10) X(responsibleToken, 18) \
  X(blockPresence, 26) X(flags, 27) \
  X(ppid, 28) X(originalPpid, 29) X(groupId, 30) X(sessionId, 31) \
  X(csFlags, 32) X(validationCategory, 33) X(ttyRdev, 34) \
  X(cdhash, 35) X(signingId, 37) X(teamId, 39) X(executable, 41) X(tty, 43) X(startTime, 45)
// clang-format on

namespace field {
#define EXECTAP_CONSTANT(name, offset) constexpr uint32_t name = offset;
EXECTAP_HEADER_FIELDS(EXECTAP_CONSTANT)
EXECTAP_BLOCK_FIELDS(EXECTAP_CONSTANT)
#undef EXECTAP_CONSTANT
}  // namespace field

constexpr uint32_t headerWords = 36;
constexpr uint32_t blockWords = 48;
// The acting process (message.process), and the one it acts on (exec.target, fork.child). Not filled for exit, whose
// subject is the actor.
constexpr uint32_t actorBlock = headerWords;
constexpr uint32_t subjectBlock = headerWords + blockWords;
constexpr uint32_t recordWords = headerWords + 2 * blockWords;
static_assert(recordWords % 2 == 0, "doubles need every record to start on an even word");

// Order of the eight words of a token: that of audit_token_t.val, in which the array form prints them.
enum TokenWord : uint32_t { auidWord, euidWord, egidWord, ruidWord, rgidWord, pidWord, asidWord, pidversionWord, tokenWords };

enum Presence : uint32_t {
  hasSeqNum = 1u << 0,
  hasGlobalSeqNum = 1u << 1,
  hasThreadId = 1u << 2,
  hasAuth = 1u << 3,
};

enum BlockPresence : uint32_t {
  hasParentToken = 1u << 0,
  hasResponsibleToken = 1u << 1,
  hasValidationCategory = 1u << 2,
  hasStartTime = 1u << 3,
};

enum BlockFlag : uint32_t {
  isPlatformBinary = 1u << 0,
  isEsClient = 1u << 1,
  isExecutableTruncated = 1u << 2,
};

struct LayoutEntry {
  const char* name;
  uint32_t value;
};

// Every constant above by name, for the comparison with the TypeScript side.
extern const LayoutEntry layoutTable[];
extern const size_t layoutTableLength;

// Sets every word to zero and every text to absent.
void clearRecord(uint32_t* record);
void clearBlock(uint32_t* block);

inline void putU64(uint32_t* words, uint64_t value) {
  words[0] = static_cast<uint32_t>(value);
  words[1] = static_cast<uint32_t>(value >> 32);
}

inline uint64_t getU64(const uint32_t* words) {
  return static_cast<uint64_t>(words[0]) | (static_cast<uint64_t>(words[1]) << 32);
}

void putDouble(uint32_t* words, double value);
double getDouble(const uint32_t* words);

}  // namespace exectap
