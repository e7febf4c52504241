#include "record.h"

#include <cstring>
#include <initializer_list>
#include <limits>

namespace exectap {

#define EXECTAP_HEADER_ENTRY(name, offset) {"header." #name, offset},
#define EXECTAP_BLOCK_ENTRY(name, offset) {"block." #name, offset},
#define EXECTAP_ENTRY(name) {#name, name},
const LayoutEntry layoutTable[] = {
    EXECTAP_HEADER_FIELDS(EXECTAP_HEADER_ENTRY)
    EXECTAP_BLOCK_FIELDS(EXECTAP_BLOCK_ENTRY)
    EXECTAP_ENTRY(absent)
    EXECTAP_ENTRY(recordWords)
    EXECTAP_ENTRY(actorBlock)
    EXECTAP_ENTRY(subjectBlock)
    EXECTAP_ENTRY(auidWord)
    EXECTAP_ENTRY(euidWord)
    EXECTAP_ENTRY(egidWord)
    EXECTAP_ENTRY(ruidWord)
    EXECTAP_ENTRY(rgidWord)
    EXECTAP_ENTRY(pidWord)
    EXECTAP_ENTRY(asidWord)
    EXECTAP_ENTRY(pidversionWord)
    EXECTAP_ENTRY(hasSeqNum)
    EXECTAP_ENTRY(hasGlobalSeqNum)
    EXECTAP_ENTRY(hasThreadId)
    EXECTAP_ENTRY(hasAuth)
    EXECTAP_ENTRY(hasParentToken)
    EXECTAP_ENTRY(hasResponsibleToken)
    EXECTAP_ENTRY(hasValidationCategory)
    EXECTAP_ENTRY(hasStartTime)
    EXECTAP_ENTRY(isPlatformBinary)
    EXECTAP_ENTRY(isEsClient)
    EXECTAP_ENTRY(isExecutableTruncated)
};
const size_t layoutTableLength = sizeof(layoutTable) / sizeof(layoutTable[0]);

void putDouble(uint32_t* words, double value) { std::memcpy(words, &value, sizeof value); }

double getDouble(const uint32_t* words) {
  double value = 0;
  std::memcpy(&value, words, sizeof value);
  return value;
}

void clearBlock(uint32_t* block) {
  std::memset(block, 0, blockWords * sizeof(uint32_t));
  putDouble(block + field::startUs, std::numeric_limits<double>::quiet_NaN());
  for (uint32_t text : {field::cdhash, field::signingId, field::teamId, field::executable, field::tty, field::startTime}) {
    block[text] = absent;
  }
}

void clearRecord(uint32_t* record) {
  std::memset(record, 0, headerWords * sizeof(uint32_t));
  putDouble(record + field::timeUs, std::numeric_limits<double>::quiet_NaN());
  for (uint32_t text : {field::time, field::commandLine, field::cwd, field::script, field::dyldExecPath, field::control}) {
    record[text] = absent;
  }
  clearBlock(record + actorBlock);
  clearBlock(record + subjectBlock);
}

}  // namespace exectap
