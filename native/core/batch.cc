#include "batch.h"

#include <cstring>

namespace exectap {

namespace {
// Argument words that a batch may keep allocated; 256 execs of a usual length need a tenth of it.
constexpr size_t argumentWordsKept = 64 * 1024;
}  // namespace

Batch::Batch(uint32_t maxRecords)
    : maxRecords_(maxRecords), records_(static_cast<size_t>(maxRecords) * recordWords) {}

uint32_t* Batch::begin(size_t textBytes) {
  const size_t need = textUsed_ + textBytes + textPadding;
  if (need > textCapacity_) {
    const size_t capacity = need > softTextBytes + textPadding ? need : softTextBytes + textPadding;
    std::unique_ptr<uint8_t[]> larger(new uint8_t[capacity]);
    if (textUsed_ > 0) std::memcpy(larger.get(), text_.get(), textUsed_);
    text_ = std::move(larger);
    textCapacity_ = capacity;
  }
  argumentsKept_ = arguments_.size();
  uint32_t* record = current();
  clearRecord(record);
  return record;
}

void Batch::commit(uint8_t* textEnd) {
  uint32_t* record = current();
  const size_t end = static_cast<size_t>(textEnd - text_.get());
  record[field::ownBytes] = static_cast<uint32_t>(textUsed_);
  record[field::ownBytes + 1] = static_cast<uint32_t>(end - textUsed_);
  textUsed_ = end;
  count_ += 1;
}

void Batch::drop() { arguments_.resize(argumentsKept_); }

void Batch::reset() {
  count_ = 0;
  textUsed_ = 0;
  gaps.clear();
  arguments_.clear();
  // Not shrink_to_fit(): libstdc++ makes it nothing when exceptions are off.
  if (arguments_.capacity() > argumentWordsKept) std::vector<uint32_t>().swap(arguments_);
  if (textCapacity_ > softTextBytes + textPadding) {
    text_.reset();
    textCapacity_ = 0;
  }
}

}  // namespace exectap
