#include "ring.h"

namespace exectap {

Ring::Ring(uint32_t batches, uint32_t recordsEach, std::function<void()> notify, std::function<void()> wakeReader)
    : notify_(std::move(notify)), wakeReader_(std::move(wakeReader)) {
  for (uint32_t index = 0; index < batches; ++index) {
    batches_.push_back(std::make_unique<Batch>(recordsEach));
    free_.push_back(batches_.back().get());
  }
}

Batch* Ring::acquire(bool wait) {
  // Only the reader sets filling_, so its own thread may look without the lock.
  if (filling_ != nullptr) return filling_;
  std::unique_lock<std::mutex> lock(mutex_);
  if (wait) freed_.wait(lock, [this] { return !free_.empty() || cancelled_; });
  if (free_.empty() || cancelled_) return nullptr;
  filling_ = free_.back();
  free_.pop_back();
  return filling_;
}

void Ring::publish() {
  if (filling_ == nullptr || (filling_->count() == 0 && filling_->gaps.empty())) return;
  std::unique_lock<std::mutex> lock(mutex_);
  published_.push_back(filling_);
  filling_ = nullptr;
  heldBack_ = false;
  const bool call = armed_;
  armed_ = false;
  lock.unlock();
  if (call) notify_();
}

bool Ring::idleOrHoldBack(bool more) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (published_.empty()) return true;
  heldBack_ = more || (filling_ != nullptr && filling_->count() > 0);
  return false;
}

void Ring::end() {
  std::unique_lock<std::mutex> lock(mutex_);
  ended_ = true;
  const bool call = armed_;
  armed_ = false;
  lock.unlock();
  if (call) notify_();
}

const Batch* Ring::front() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!published_.empty()) return published_.front();
  armed_ = true;
  return nullptr;
}

void Ring::pop() {
  std::unique_lock<std::mutex> lock(mutex_);
  Batch* batch = published_.front();
  published_.pop_front();
  batch->reset();
  free_.push_back(batch);
  const bool wake = published_.empty() && heldBack_;
  if (wake) heldBack_ = false;
  lock.unlock();
  freed_.notify_one();
  if (wake) wakeReader_();
}

bool Ring::ended() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return ended_ && published_.empty();
}

void Ring::cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cancelled_ = true;
  freed_.notify_all();
}

}  // namespace exectap
