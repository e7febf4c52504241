#include "../core/splitter.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "check.h"

using exectap::Line;
using exectap::LineSplitter;

namespace {

struct Split {
  std::vector<std::string> lines;
  std::vector<Line> details;
};

// Feeds the text in pieces of `step` bytes.
Split split(const std::string& text, size_t step, size_t maxLineBytes = 1000) {
  LineSplitter splitter(maxLineBytes);
  Split result;
  Line line;
  const auto keep = [&] {
    result.lines.push_back(line.tooLong ? "<too long>" : std::string(line.data, line.length));
    result.details.push_back(line);
  };
  for (size_t from = 0; from < text.size(); from += step) {
    const LineSplitter::Space space = splitter.space();
    const size_t bytes = std::min({step, text.size() - from, space.length});
    std::memcpy(space.data, text.data() + from, bytes);
    splitter.commit(bytes);
    while (splitter.next(line)) keep();
  }
  if (splitter.finish(line)) keep();
  return result;
}

}  // namespace

TEST(lines_are_the_same_however_the_stream_is_cut) {
  const std::string text = "one\r\n\ntwo\nthree\r\n" + std::string(300, 'x') + "\nlast";
  const Split whole = split(text, text.size());
  EQUAL(whole.lines.size(), size_t{6});
  EQUAL(whole.lines[0], std::string("one"));
  EQUAL(whole.lines[1], std::string(""));
  EQUAL(whole.lines[3], std::string("three"));
  EQUAL(whole.lines[5], std::string("last"));
  CHECK(whole.details[4].terminated);
  CHECK(!whole.details[5].terminated);
  for (size_t step = 1; step < 40; ++step) CHECK(split(text, step).lines == whole.lines);
}

TEST(lines_know_their_number_and_offset) {
  const Split found = split("a\n\nbcd\r\ne", 2);
  EQUAL(found.details[2].number, uint64_t{3});
  EQUAL(found.details[2].offset, uint64_t{3});
  EQUAL(found.details[3].number, uint64_t{4});
  EQUAL(found.details[3].offset, uint64_t{8});
}

TEST(a_line_of_the_limit_passes_and_a_longer_one_is_passed_over) {
  for (const char* ending : {"\n", "\r\n"}) {
    const std::string text = std::string(50, 'a') + ending + std::string(51, 'b') + ending + "after" + ending +
                             std::string(500, 'c') + ending + "end";
    for (size_t step : {size_t{1}, size_t{7}, size_t{64}, text.size()}) {
      const Split found = split(text, step, 50);
      EQUAL(found.lines.size(), size_t{5});
      EQUAL(found.lines[0], std::string(50, 'a'));
      EQUAL(found.lines[1], std::string("<too long>"));
      EQUAL(found.lines[2], std::string("after"));
      EQUAL(found.lines[3], std::string("<too long>"));
      EQUAL(found.lines[4], std::string("end"));
      EQUAL(found.details[3].offset, uint64_t{text.find('c')});
      EQUAL(found.details[4].number, uint64_t{5});
    }
  }
}

TEST(an_overlong_line_at_the_end_is_told_once) {
  const Split found = split("x\n" + std::string(5000, 'c'), 100, 50);
  EQUAL(found.lines.size(), size_t{2});
  CHECK(found.details[1].tooLong);
}

TEST(a_line_without_end_does_not_grow_the_buffer_beyond_the_limit_and_it_shrinks_again) {
  const size_t limit = 1024 * 1024;
  LineSplitter splitter(limit);
  Line line;
  size_t largest = 0;
  for (size_t fed = 0; fed < 64 * limit;) {
    const LineSplitter::Space space = splitter.space();
    std::memset(space.data, 'x', space.length);
    splitter.commit(space.length);
    CHECK(!splitter.next(line));
    fed += space.length;
    largest = std::max(largest, splitter.capacity());
  }
  CHECK(largest <= limit + 2 * exectap::readBytes);
  const LineSplitter::Space space = splitter.space();
  space.data[0] = '\n';
  splitter.commit(1);
  CHECK(splitter.next(line));
  CHECK(line.tooLong);
  splitter.space();
  EQUAL(splitter.capacity(), exectap::readBytes);
}
