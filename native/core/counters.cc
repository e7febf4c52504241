#include "counters.h"

namespace exectap {

namespace {
void addBounded(std::map<uint32_t, uint64_t>& counts, uint32_t eventType, uint64_t more) {
  const bool known = counts.count(eventType) > 0;
  counts[known || counts.size() < maxCountedTypes ? eventType : UINT32_MAX] += more;
}
}  // namespace

void Counters::countOtherType(uint32_t eventType) {
  otherTypes.add();
  const std::lock_guard<std::mutex> lock(mutex_);
  addBounded(otherTypes_, eventType, 1);
}

void Counters::addLostByType(uint32_t eventType, uint64_t lost) {
  const std::lock_guard<std::mutex> lock(mutex_);
  addBounded(lostByType_, eventType, lost);
}

void Counters::addSample(Sample sample) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (samples_.size() < maxSamples) samples_.push_back(std::move(sample));
}

std::map<uint32_t, uint64_t> Counters::otherTypeCounts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return otherTypes_;
}

std::map<uint32_t, uint64_t> Counters::lostTypeCounts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return lostByType_;
}

std::vector<Sample> Counters::samples() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return samples_;
}

}  // namespace exectap
