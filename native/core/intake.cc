#include "intake.h"

#include <cstring>

#include "utf8.h"

namespace exectap {

namespace {

bool isBlank(char byte) { return byte == ' ' || byte == '\t' || byte == '\r'; }

}  // namespace

Intake::Intake(Ring& ring, Counters& counters, Options options)
    : ring_(ring), counters_(counters), options_(options), decoder_(options.maxLineBytes), scratch_(1) {}

bool Intake::line(const Line& line) {
  counters_.lines.add();
  if (line.tooLong) {
    counters_.tooLong.add();
    account_.unnumberedLine();
    return true;
  }
  const char* data = line.data;
  size_t length = line.length;
  while (length > 0 && isBlank(*data)) {
    ++data;
    --length;
  }
  while (length > 0 && isBlank(data[length - 1])) --length;
  if (length == 0) {
    counters_.blank.add();
    return true;
  }
  const void* brace = std::memchr(data, '{', length);
  if (brace == nullptr) {
    undecodable(line, data, length, "no JSON object");
    return true;
  }
  // A terminal driver may put "^D\b\b" and the like before the first line.
  const size_t junk = static_cast<size_t>(static_cast<const char*>(brace) - data);
  counters_.junkBytes.add(junk);
  return lineOf(data + junk, length - junk, line);
}

bool Intake::lineOf(const char* json, size_t length, const Line& line) {
  Batch* batch = ring_.acquire(!options_.live);
  if (batch == nullptr && !options_.live) return false;
  if (batch != nullptr && batch->count() > 0 && !batch->hasRoomFor(length)) {
    attachGaps();
    ring_.publish();
    batch = ring_.acquire(!options_.live);
    if (batch == nullptr && !options_.live) return false;
  }
  Batch& target = batch != nullptr ? *batch : scratch_;
  decoder_.decode(json, length, target, event_);
  if (batch == nullptr && overflow_.lost == 0) openOverflow();
  if (event_.startsRun) account_.reset();
  account_.explained(event_.dropped);
  if (event_.replacedUtf8) counters_.replacedUtf8.add();
  accountNumbers();
  switch (event_.outcome) {
    case Outcome::undecodable:
      undecodable(line, json, length, line.terminated ? event_.reason.c_str() : "cut");
      break;
    case Outcome::other:
      counters_.countOtherType(event_.eventType);
      break;
    case Outcome::record:
      if (batch != nullptr) {
        deliver(*batch);
      } else {
        dropRecord();
      }
      break;
  }
  if (batch == nullptr) scratch_.reset();
  return true;
}

void Intake::accountNumbers() {
  if (event_.outcome == Outcome::undecodable && !event_.hasGlobal && !event_.hasSeq) {
    account_.unnumberedLine();
    return;
  }
  Gap gap;
  switch (account_.take(event_, gap)) {
    case SequenceAccount::Verdict::gap:
      counters_.lostByKernel.add(gap.lost);
      for (const auto& [type, lost] : gap.lostByType) counters_.addLostByType(type, lost);
      addGap(std::move(gap));
      break;
    case SequenceAccount::Verdict::restarted: counters_.sequenceRestarts.add(); break;
    case SequenceAccount::Verdict::outOfOrder: counters_.outOfOrder.add(); break;
    case SequenceAccount::Verdict::inOrder:
    case SequenceAccount::Verdict::unnumbered: break;
  }
}

void Intake::undecodable(const Line& line, const char* data, size_t length, const char* reason) {
  counters_.undecodable.add();
  if (counters_.undecodable.get() > maxSamples) return;
  Sample sample;
  sample.line = line.number;
  sample.offset = line.offset;
  sample.reason = reason;
  sample.head = validHead(data, length, sampleHeadBytes);
  counters_.addSample(std::move(sample));
}

void Intake::deliver(Batch& batch) {
  if (overflow_.lost > 0) closeOverflow(true);
  batch.commit(decoder_.textEnd());
  if (event_.version > newestKnownVersion) counters_.newerVersion.add();
  switch (event_.kind) {
    case execKind: counters_.exec.add(); break;
    case forkKind: counters_.fork.add(); break;
    case exitKind: counters_.exit.add(); break;
    default: counters_.control.add(); break;
  }
  if (batch.full() || !batch.hasRoomFor(0)) {
    attachGaps();
    ring_.publish();
  }
}

// Before the account takes the first dropped line: the gap is told by what came before it.
void Intake::openOverflow() {
  overflow_.hasAfter = account_.hasLast();
  overflow_.afterSeq = account_.lastNumber();
  overflow_.fromTime = account_.lastTime();
}

void Intake::dropRecord() {
  counters_.overflow.add();
  overflow_.lost += 1;
  if (!event_.time.empty()) overflow_.lastTime = event_.time;
}

void Intake::closeOverflow(bool byRecord) {
  Gap gap;
  gap.cause = GapCause::overflow;
  gap.lost = overflow_.lost;
  gap.hasAfter = overflow_.hasAfter;
  gap.afterSeq = overflow_.afterSeq;
  gap.fromTime = overflow_.fromTime;
  gap.toTime = byRecord && !event_.time.empty() ? event_.time : overflow_.lastTime;
  gap.hasBefore = byRecord && (event_.hasGlobal || event_.hasSeq);
  gap.beforeSeq = event_.hasGlobal ? event_.global : event_.seq;
  overflow_ = OverflowRun();
  addGap(std::move(gap));
}

void Intake::addGap(Gap gap) {
  counters_.gaps.add();
  if (gaps_.size() < maxWaitingGaps) {
    gaps_.push_back(std::move(gap));
    return;
  }
  for (auto known = gaps_.rbegin(); known != gaps_.rend(); ++known) {
    if (known->cause != gap.cause) continue;
    known->lost += gap.lost;
    known->hasBefore = gap.hasBefore;
    known->beforeSeq = gap.beforeSeq;
    known->toTime = std::move(gap.toTime);
    for (const auto& [type, lost] : gap.lostByType) {
      auto entry = known->lostByType.begin();
      while (entry != known->lostByType.end() && entry->first != type) ++entry;
      if (entry != known->lostByType.end()) {
        entry->second += lost;
      } else {
        known->lostByType.emplace_back(type, lost);
      }
    }
    return;
  }
  // All waiting gaps have the other cause: there is one place more for the first of this one.
  gaps_.push_back(std::move(gap));
}

void Intake::attachGaps() {
  if (gaps_.empty()) return;
  Batch* batch = ring_.acquire(false);
  if (batch == nullptr) return;
  for (Gap& gap : gaps_) batch->gaps.push_back(std::move(gap));
  gaps_.clear();
}

void Intake::pause() {
  if (!ring_.idleOrHoldBack(!gaps_.empty())) return;
  attachGaps();
  ring_.publish();
}

void Intake::finish() {
  if (overflow_.lost > 0) closeOverflow(false);
  if (!gaps_.empty() && ring_.acquire(true) == nullptr) return;
  attachGaps();
  ring_.publish();
}

}  // namespace exectap
