#include "account.h"

namespace exectap {

void SequenceAccount::reset() {
  global_ = Run();
  types_.clear();
  unnumbered_ = 0;
  hasLast_ = false;
  lastTime_.clear();
  lastTimeNs_ = 0;
}

SequenceAccount::Run* SequenceAccount::runOf(uint32_t eventType) {
  const auto found = types_.find(eventType);
  if (found != types_.end()) return &found->second;
  if (types_.size() >= maxFollowedTypes) return nullptr;
  return &types_[eventType];
}

SequenceAccount::Verdict SequenceAccount::judge(const Decoded& event, const Run* type) const {
  const bool globalBehind = event.hasGlobal && global_.started && event.global < global_.expected;
  const bool typeBehind = type != nullptr && type->started && event.seq < type->expected;
  if (globalBehind || typeBehind) {
    return event.timeNs > lastTimeNs_ ? Verdict::restarted : Verdict::outOfOrder;
  }
  if (event.hasGlobal) return global_.started && event.global > global_.expected ? Verdict::gap : Verdict::inOrder;
  return type != nullptr && type->started && event.seq > type->expected ? Verdict::gap : Verdict::inOrder;
}

bool SequenceAccount::fillGap(const Decoded& event, uint64_t missing, uint64_t missingOfType, uint64_t number, Gap& gap) {
  const uint64_t explained = unnumbered_ < missing ? unnumbered_ : missing;
  if (explained == missing) return false;
  gap = Gap();
  gap.cause = GapCause::kernel;
  gap.lost = missing - explained;
  gap.hasAfter = hasLast_;
  gap.afterSeq = lastNumber_;
  gap.hasBefore = true;
  gap.beforeSeq = number;
  gap.fromTime = lastTime_;
  gap.toTime = event.time;
  if (missingOfType > 0) {
    gap.lostByType.emplace_back(event.eventType, missingOfType < gap.lost ? missingOfType : gap.lost);
  }
  return true;
}

void SequenceAccount::remember(const Decoded& event) {
  hasLast_ = true;
  lastNumber_ = event.hasGlobal ? event.global : event.seq;
  if (event.timeNs != 0) {
    lastTimeNs_ = event.timeNs;
    lastTime_ = event.time;
  }
}

SequenceAccount::Verdict SequenceAccount::take(const Decoded& event, Gap& gap) {
  if (!event.hasGlobal && !event.hasSeq) return Verdict::unnumbered;
  Run* type = event.hasSeq ? runOf(event.eventType) : nullptr;
  if (type == nullptr && !event.hasGlobal) return Verdict::unnumbered;
  Verdict verdict = judge(event, type);
  if (verdict == Verdict::outOfOrder) return verdict;
  if (verdict == Verdict::restarted) {
    reset();
    type = event.hasSeq ? runOf(event.eventType) : nullptr;
  }
  const uint64_t missingOfType = type != nullptr && type->started ? event.seq - type->expected : 0;
  if (verdict == Verdict::gap) {
    const uint64_t missing = event.hasGlobal ? event.global - global_.expected : missingOfType;
    const uint64_t number = event.hasGlobal ? event.global : event.seq;
    if (!fillGap(event, missing, missingOfType, number, gap)) verdict = Verdict::inOrder;
  }
  unnumbered_ = 0;
  if (event.hasGlobal) global_ = {event.global + 1, true};
  if (type != nullptr) *type = {event.seq + 1, true};
  remember(event);
  return verdict;
}

}  // namespace exectap
