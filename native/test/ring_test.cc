#include "../core/ring.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "check.h"

using namespace exectap;

namespace {

void addRecord(Ring& ring, uint32_t mark) {
  Batch* batch = ring.acquire(true);
  uint32_t* record = batch->begin(16);
  record[field::exitStat] = mark;
  batch->commit(batch->textEnd());
}

struct Calls {
  int notified = 0;
  int woken = 0;
};

}  // namespace

TEST(batches_come_out_in_the_order_they_went_in) {
  Ring ring(3, 4, [] {}, [] {});
  for (uint32_t mark = 1; mark <= 3; ++mark) {
    addRecord(ring, mark);
    ring.publish();
  }
  CHECK(ring.acquire(false) == nullptr);
  for (uint32_t mark = 1; mark <= 3; ++mark) {
    EQUAL(ring.front()->record(0)[field::exitStat], mark);
    ring.pop();
  }
  CHECK(ring.front() == nullptr);
  CHECK(ring.acquire(false) != nullptr);
}

TEST(the_consumer_is_notified_once_for_each_time_it_found_nothing) {
  Calls calls;
  Ring ring(4, 4, [&] { calls.notified += 1; }, [] {});
  addRecord(ring, 1);
  ring.publish();
  EQUAL(calls.notified, 0);
  ring.pop();
  CHECK(ring.front() == nullptr);
  addRecord(ring, 2);
  ring.publish();
  addRecord(ring, 3);
  ring.publish();
  EQUAL(calls.notified, 1);
  ring.end();
  EQUAL(calls.notified, 1);
}

TEST(the_end_is_notified_and_comes_after_the_last_batch) {
  Calls calls;
  Ring ring(4, 4, [&] { calls.notified += 1; }, [] {});
  CHECK(ring.front() == nullptr);
  addRecord(ring, 1);
  ring.publish();
  ring.end();
  CHECK(!ring.ended());
  ring.pop();
  CHECK(ring.ended());
  EQUAL(calls.notified, 1);
}

TEST(a_partly_filled_batch_is_held_back_while_the_consumer_lags) {
  Calls calls;
  Ring ring(4, 4, [] {}, [&] { calls.woken += 1; });
  addRecord(ring, 1);
  CHECK(ring.idleOrHoldBack(false));
  ring.publish();
  addRecord(ring, 2);
  CHECK(!ring.idleOrHoldBack(false));
  EQUAL(calls.woken, 0);
  ring.pop();
  EQUAL(calls.woken, 1);
  CHECK(ring.idleOrHoldBack(false));
}

TEST(nothing_is_published_that_holds_nothing) {
  Ring ring(2, 4, [] {}, [] {});
  ring.acquire(true);
  ring.publish();
  CHECK(ring.front() == nullptr);
}

TEST(a_full_ring_makes_the_reader_wait_until_a_batch_is_given_back) {
  Ring ring(1, 4, [] {}, [] {});
  addRecord(ring, 1);
  ring.publish();
  std::atomic<bool> got{false};
  std::thread reader([&] { got = ring.acquire(true) != nullptr; });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(!got);
  ring.pop();
  reader.join();
  CHECK(got);
}

TEST(a_waiting_reader_is_let_go_by_cancel) {
  Ring ring(1, 4, [] {}, [] {});
  addRecord(ring, 1);
  ring.publish();
  std::thread reader([&] { CHECK(ring.acquire(true) == nullptr); });
  ring.cancel();
  reader.join();
  ring.pop();
  CHECK(ring.acquire(true) == nullptr);
}

TEST(a_batch_gives_back_what_a_large_line_made_it_grow_to) {
  Batch batch(4);
  batch.begin(10);
  batch.commit(batch.textEnd());
  EQUAL(batch.textCapacity(), softTextBytes + textPadding);
  batch.begin(5 * softTextBytes);
  batch.arguments().resize(1000000);
  batch.commit(batch.textEnd());
  CHECK(batch.textCapacity() > 5 * softTextBytes);
  batch.reset();
  EQUAL(batch.textCapacity(), size_t{0});
  EQUAL(batch.arguments().capacity(), size_t{0});
}
