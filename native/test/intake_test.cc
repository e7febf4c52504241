#include "../core/intake.h"

#include "check.h"
#include "lines.h"

using namespace exectap;

namespace {

// An intake, the ring behind it, and a consumer that takes when it is told to.
struct Bench {
  Counters counters;
  Ring ring;
  Intake intake;
  std::vector<Gap> gaps;
  uint32_t records = 0;
  uint64_t number = 0;
  std::string buffer;

  explicit Bench(bool live, uint32_t batches = 4, uint32_t recordsEach = 4)
      : ring(batches, recordsEach, [] {}, [] {}), intake(ring, counters, {live, 1024 * 1024}) {}

  bool feed(const std::string& text, bool terminated = true) {
    buffer = text + std::string(linePadding, '\0');
    Line line;
    line.data = buffer.data();
    line.length = text.size();
    line.number = ++number;
    line.terminated = terminated;
    return intake.line(line);
  }

  void take() {
    while (const Batch* batch = ring.front()) {
      records += batch->count();
      gaps.insert(gaps.end(), batch->gaps.begin(), batch->gaps.end());
      ring.pop();
    }
  }

  uint64_t accounted() const {
    return counters.exec.get() + counters.fork.get() + counters.exit.get() + counters.control.get() +
           counters.otherTypes.get() + counters.undecodable.get() + counters.tooLong.get() + counters.blank.get() +
           counters.overflow.get();
  }
};

}  // namespace

TEST(every_line_is_counted_once) {
  Bench bench(false);
  bench.feed(lines::execLine());
  bench.feed(lines::forkLine());
  bench.feed(lines::exitLine());
  bench.feed("");
  bench.feed(" \t\r");
  bench.feed(R"({"exectap":{"stop":{}}})");
  bench.feed(lines::message(43, R"({"lookup":{}})"));
  bench.feed("garbage");
  bench.feed("{\"event_type\":");
  bench.intake.finish();
  bench.take();
  EQUAL(bench.records, 4u);
  EQUAL(bench.counters.lines.get(), uint64_t{9});
  EQUAL(bench.accounted(), uint64_t{9});
  EQUAL(bench.counters.blank.get(), uint64_t{2});
  EQUAL(bench.counters.undecodable.get(), uint64_t{2});
}

TEST(bytes_before_the_object_are_passed_over_and_counted) {
  Bench bench(false);
  bench.feed("^D\b\b" + lines::exitLine() + "  ");
  bench.intake.finish();
  bench.take();
  EQUAL(bench.records, 1u);
  EQUAL(bench.counters.junkBytes.get(), uint64_t{4});
}

TEST(an_undecodable_last_line_without_end_is_cut) {
  Bench bench(false);
  bench.feed(lines::exitLine().substr(0, 50), false);
  EQUAL(bench.counters.samples()[0].reason, std::string("cut"));
  Bench whole(false);
  whole.feed(lines::exitLine(), false);
  EQUAL(whole.counters.exit.get(), uint64_t{1});
}

TEST(samples_are_few_and_short) {
  Bench bench(false);
  for (int index = 0; index < 100; ++index) bench.feed(std::string(1000, 'x'));
  EQUAL(bench.counters.undecodable.get(), uint64_t{100});
  EQUAL(bench.counters.samples().size(), maxSamples);
  EQUAL(bench.counters.samples()[7].head.size(), sampleHeadBytes);
  EQUAL(bench.counters.samples()[7].line, uint64_t{8});
}

TEST(a_live_stream_whose_consumer_stalls_has_one_gap_of_our_own_making) {
  Bench bench(true, 2, 4);
  for (int index = 0; index < 100; ++index) CHECK(bench.feed(lines::exitLine({index, index, lines::at(index / 2)})));
  EQUAL(bench.counters.overflow.get(), uint64_t{92});
  bench.take();
  bench.feed(lines::exitLine({100, 100, lines::at(50)}));
  bench.intake.finish();
  bench.take();
  EQUAL(bench.records, 9u);
  EQUAL(bench.gaps.size(), size_t{1});
  CHECK(bench.gaps[0].cause == GapCause::overflow);
  EQUAL(bench.gaps[0].lost, uint64_t{92});
  EQUAL(bench.gaps[0].afterSeq, uint64_t{7});
  EQUAL(bench.gaps[0].beforeSeq, uint64_t{100});
  EQUAL(bench.gaps[0].fromTime, lines::at(3));
  EQUAL(bench.gaps[0].toTime, lines::at(50));
  EQUAL(bench.counters.lostByKernel.get(), uint64_t{0});
}

TEST(what_the_kernel_loses_during_an_overflow_is_told_apart) {
  Bench bench(true, 1, 2);
  int number = 0;
  for (; number < 10; ++number) bench.feed(lines::exitLine({-1, number, lines::at(number)}));
  number += 5;
  for (; number < 20; ++number) bench.feed(lines::exitLine({-1, number, lines::at(number)}));
  bench.take();
  bench.intake.finish();
  bench.take();
  EQUAL(bench.gaps.size(), size_t{2});
  EQUAL(bench.counters.lostByKernel.get(), uint64_t{5});
  EQUAL(bench.counters.overflow.get(), uint64_t{13});
  CHECK(bench.gaps[0].cause == GapCause::kernel);
  CHECK(bench.gaps[1].cause == GapCause::overflow);
  CHECK(!bench.gaps[1].hasBefore);
  EQUAL(bench.gaps[1].toTime, lines::at(19));
}

TEST(two_stalls_are_two_gaps) {
  Bench bench(true, 1, 1);
  int number = 0;
  const auto feed = [&](int count) {
    for (int index = 0; index < count; ++index, ++number) bench.feed(lines::exitLine({-1, number, lines::at(number)}));
  };
  feed(4);
  bench.take();
  feed(6);
  bench.take();
  bench.intake.finish();
  bench.take();
  EQUAL(bench.gaps.size(), size_t{2});
  EQUAL(bench.gaps[0].lost, uint64_t{3});
  EQUAL(bench.gaps[1].lost, uint64_t{5});
}

TEST(waiting_gaps_are_joined_beyond_the_bound_and_none_is_lost) {
  Bench bench(true, 1, 1);
  bench.feed(lines::exitLine({-1, 0}));
  for (int index = 1; index <= 1000; ++index) bench.feed(lines::exitLine({-1, index * 3, lines::at(1)}));
  EQUAL(bench.counters.lostByKernel.get(), uint64_t{2000});
  EQUAL(bench.counters.gaps.get(), uint64_t{1000});
  bench.take();
  bench.intake.finish();
  bench.take();
  uint64_t lost = 0;
  for (const Gap& gap : bench.gaps) lost += gap.cause == GapCause::kernel ? gap.lost : 0;
  EQUAL(lost, uint64_t{2000});
  CHECK(bench.gaps.size() <= maxWaitingGaps + 1);
}

TEST(a_start_line_makes_the_numbers_begin_anew) {
  Bench bench(false);
  bench.feed(lines::exitLine({-1, 50, lines::at(9)}));
  bench.feed(R"({"exectap":{"start":{}}})");
  bench.feed(lines::exitLine({-1, 90, lines::at(1)}));
  bench.feed(lines::exitLine({-1, 91, lines::at(2)}));
  EQUAL(bench.counters.gaps.get(), uint64_t{0});
  EQUAL(bench.counters.outOfOrder.get(), uint64_t{0});
}

TEST(numbers_of_lines_that_the_pump_has_dropped_are_no_loss_of_the_kernel) {
  Bench bench(false);
  bench.feed(lines::exitLine({-1, 10, lines::at(1)}));
  bench.feed(R"({"exectap":{"dropped":{"n":5,"cause":"overflow","time":"2026-11-24T09:00:00Z"}}})");
  bench.feed(lines::exitLine({-1, 16, lines::at(2)}));
  EQUAL(bench.counters.lostByKernel.get(), uint64_t{0});
  // What is missing beyond them is.
  bench.feed(R"({"exectap":{"dropped":{"n":2,"cause":"overflow"}}})");
  bench.feed(lines::exitLine({-1, 20, lines::at(3)}));
  EQUAL(bench.counters.lostByKernel.get(), uint64_t{1});
  bench.feed(R"({"exectap":{"dropped":{"n":"many"}}})");
  EQUAL(bench.counters.undecodable.get(), uint64_t{1});
}

TEST(an_event_that_cannot_be_decoded_is_no_loss_of_the_kernel) {
  Bench bench(false);
  bench.feed(lines::exitLine({0, 0, lines::at(1)}));
  std::string broken = lines::exitLine({1, 1, lines::at(2)});
  broken.replace(broken.find("\"ppid\":1"), 8, "\"ppid\":x");
  bench.feed(broken);
  bench.feed(lines::exitLine({2, 2, lines::at(3)}).substr(0, 80));
  bench.feed(lines::exitLine({3, 3, lines::at(4)}));
  EQUAL(bench.counters.undecodable.get(), uint64_t{2});
  EQUAL(bench.counters.lostByKernel.get(), uint64_t{0});
}

TEST(the_types_of_other_events_are_counted_up_to_a_bound) {
  Bench bench(false);
  for (int type = 100; type < 500; ++type) bench.feed(lines::message(type, R"({"any":{}})"));
  const auto counts = bench.counters.otherTypeCounts();
  EQUAL(counts.size(), maxCountedTypes + 1);
  EQUAL(counts.at(UINT32_MAX), uint64_t{400 - maxCountedTypes});
  EQUAL(bench.counters.otherTypes.get(), uint64_t{400});
}

TEST(large_texts_publish_a_batch_early) {
  Bench bench(false, 4, 256);
  const std::string args = "[\"" + std::string(400000, 'x') + "\"]";
  for (int index = 0; index < 4; ++index) bench.feed(lines::execLine(args));
  const Batch* first = bench.ring.front();
  CHECK(first != nullptr);
  EQUAL(first->count(), 2u);
  CHECK(first->textCapacity() <= softTextBytes + textPadding);
}
