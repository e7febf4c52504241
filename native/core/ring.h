#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "batch.h"

namespace exectap {

// A fixed number of batches that travel between the reader's thread and the consumer's: free, filled by the reader,
// published, free again. The consumer copies a published batch and gives it back at once, so none is ever lent out.
class Ring {
 public:
  // `notify` is called from the reader's thread when something the consumer waits for is there; `wakeReader` from the
  // consumer's when the reader holds back a partly filled batch that may go now.
  Ring(uint32_t batches, uint32_t recordsEach, std::function<void()> notify, std::function<void()> wakeReader);

  // --- the reader's side

  // The batch to fill. When all are published: waits for one if `wait`, and gives nullptr if not, or once cancelled.
  Batch* acquire(bool wait);
  // Publishes the batch being filled, if there is one.
  void publish();
  // Whether the consumer has nothing else to take, so that a partly filled batch should go now. If it has, the batch
  // being filled, or what the caller holds (`more`), is held back: a consumer that lags gets full batches, and tiny ones
  // cannot use up the ring. `wakeReader` tells when the time has come.
  bool idleOrHoldBack(bool more);
  // Nothing comes any more.
  void end();

  // --- the consumer's side

  // The oldest published batch, nullptr when there is none; then `notify` is called once something is published or
  // the stream ends.
  const Batch* front();
  // Gives the front back.
  void pop();
  bool ended() const;
  // Lets a waiting reader go; it gets no further batch.
  void cancel();

 private:
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Batch>> batches_;
  std::vector<Batch*> free_;
  std::deque<Batch*> published_;
  Batch* filling_ = nullptr;
  bool heldBack_ = false;
  bool armed_ = false;
  bool ended_ = false;
  bool cancelled_ = false;
  std::function<void()> notify_;
  std::function<void()> wakeReader_;
};

}  // namespace exectap
