#include "../core/account.h"

#include "check.h"

using namespace exectap;
using Verdict = SequenceAccount::Verdict;

namespace {

constexpr int64_t second = 1000000000;

Decoded event(uint32_t type, long long seq, long long global, int64_t atSecond) {
  Decoded made;
  made.eventType = type;
  made.hasSeq = seq >= 0;
  made.seq = static_cast<uint64_t>(seq);
  made.hasGlobal = global >= 0;
  made.global = static_cast<uint64_t>(global);
  made.timeNs = atSecond * second;
  made.time = "t" + std::to_string(atSecond);
  return made;
}

}  // namespace

TEST(the_first_number_is_the_baseline) {
  SequenceAccount account;
  Gap gap;
  CHECK(account.take(event(9, 500, 1000, 1), gap) == Verdict::inOrder);
  CHECK(account.take(event(11, 7, 1001, 2), gap) == Verdict::inOrder);
  CHECK(account.take(event(9, 501, 1002, 3), gap) == Verdict::inOrder);
}

TEST(missing_numbers_are_a_gap_with_its_ends) {
  SequenceAccount account;
  Gap gap;
  account.take(event(9, 0, 10, 1), gap);
  account.take(event(11, 0, 11, 2), gap);
  CHECK(account.take(event(9, 3, 17, 5), gap) == Verdict::gap);
  EQUAL(gap.lost, uint64_t{5});
  EQUAL(gap.afterSeq, uint64_t{11});
  EQUAL(gap.beforeSeq, uint64_t{17});
  EQUAL(gap.fromTime, std::string("t2"));
  EQUAL(gap.toTime, std::string("t5"));
  EQUAL(gap.lostByType.size(), size_t{1});
  EQUAL(gap.lostByType[0].first, 9u);
  EQUAL(gap.lostByType[0].second, uint64_t{2});
  CHECK(account.take(event(11, 4, 18, 6), gap) == Verdict::inOrder);
}

TEST(lower_numbers_at_a_later_time_are_a_new_stream) {
  SequenceAccount account;
  Gap gap;
  account.take(event(9, 80, 100, 1), gap);
  CHECK(account.take(event(9, 2, 4, 9), gap) == Verdict::restarted);
  CHECK(account.take(event(9, 3, 5, 10), gap) == Verdict::inOrder);
  CHECK(account.take(event(11, 50, 6, 11), gap) == Verdict::inOrder);
}

TEST(a_type_that_counts_anew_shows_a_new_stream_even_when_the_global_number_is_higher) {
  SequenceAccount account;
  Gap gap;
  account.take(event(9, 5, 6, 1), gap);
  CHECK(account.take(event(9, 0, 9, 30), gap) == Verdict::restarted);
}

TEST(lower_numbers_at_no_later_time_change_nothing) {
  SequenceAccount account;
  Gap gap;
  account.take(event(9, 0, 10, 5), gap);
  account.take(event(9, 1, 11, 6), gap);
  CHECK(account.take(event(9, 1, 11, 6), gap) == Verdict::outOfOrder);
  CHECK(account.take(event(9, 0, 10, 5), gap) == Verdict::outOfOrder);
  CHECK(account.take(event(9, 2, 12, 7), gap) == Verdict::inOrder);
}

TEST(without_global_numbers_each_type_is_followed) {
  SequenceAccount account;
  Gap gap;
  account.take(event(9, 0, -1, 1), gap);
  account.take(event(11, 10, -1, 2), gap);
  CHECK(account.take(event(9, 1, -1, 3), gap) == Verdict::inOrder);
  CHECK(account.take(event(11, 14, -1, 4), gap) == Verdict::gap);
  EQUAL(gap.lost, uint64_t{3});
  EQUAL(gap.beforeSeq, uint64_t{14});
}

TEST(events_without_numbers_are_no_matter) {
  SequenceAccount account;
  Gap gap;
  CHECK(account.take(event(9, -1, -1, 1), gap) == Verdict::unnumbered);
  CHECK(account.take(event(9, 0, 5, 2), gap) == Verdict::inOrder);
  CHECK(account.take(event(9, -1, -1, 3), gap) == Verdict::unnumbered);
  CHECK(account.take(event(9, 1, 6, 4), gap) == Verdict::inOrder);
}

TEST(a_line_whose_number_cannot_be_read_explains_one_missing_number) {
  SequenceAccount account;
  Gap gap;
  account.take(event(9, 0, 0, 1), gap);
  account.unnumberedLine();
  CHECK(account.take(event(9, 2, 2, 2), gap) == Verdict::inOrder);
  account.unnumberedLine();
  CHECK(account.take(event(9, 6, 6, 3), gap) == Verdict::gap);
  EQUAL(gap.lost, uint64_t{2});
  account.unnumberedLine();
  CHECK(account.take(event(9, 7, 7, 4), gap) == Verdict::inOrder);
  CHECK(account.take(event(9, 9, 9, 5), gap) == Verdict::gap);
  EQUAL(gap.lost, uint64_t{1});
}

TEST(a_jump_to_the_largest_number_is_one_gap) {
  SequenceAccount account;
  Gap gap;
  account.take(event(9, 0, 0, 1), gap);
  Decoded last = event(11, 0, 0, 2);
  last.global = UINT64_MAX - 1;
  CHECK(account.take(last, gap) == Verdict::gap);
  EQUAL(gap.lost, UINT64_MAX - 2);
}

TEST(the_number_of_followed_types_is_bounded) {
  SequenceAccount account;
  Gap gap;
  for (uint32_t type = 0; type < 5000; ++type) account.take(event(type, 0, type, type), gap);
  CHECK(account.take(event(4000, 9, 5000, 6000), gap) == Verdict::inOrder);
  CHECK(account.take(event(4000, 12, -1, 6001), gap) == Verdict::unnumbered);
}
