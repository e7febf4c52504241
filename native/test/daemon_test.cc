#include <string>
#include <vector>

#include "../daemon/backoff.h"
#include "../daemon/control_lines.h"
#include "../daemon/json_line.h"
#include "../daemon/options.h"
#include "check.h"

using namespace exectap;

TEST(json_line_escapes_whatever_a_text_holds) {
  JsonLine line;
  line.open().text("a", std::string("\"\\\n\x01\x7f\xff\0", 7)).known("b", "").number("c", int64_t{-1}).null("d").close();
  EQUAL(line.end(), "{\"a\":\"\\\"\\\\\\u000a\\u0001\\u007f\xef\xbf\xbd\\u0000\",\"c\":-1,\"d\":null}\n");
}

TEST(times_are_written_in_utc_with_nanoseconds) {
  EQUAL(isoTime(1795513540147285156), "2026-11-24T09:45:40.147285156Z");
  EQUAL(isoTime(0), "1970-01-01T00:00:00.000000000Z");
}

TEST(answer_names_the_request_it_belongs_to) {
  EQUAL(answerLine(7, "kill", "refused", "no"),
        "{\"exectap\":{\"answer\":{\"request\":7,\"kind\":\"kill\",\"result\":\"refused\",\"reason\":\"no\"}}}\n");
}

TEST(backoff_doubles_to_a_minute_and_forgets_after_a_good_life) {
  Backoff backoff;
  std::vector<uint64_t> waits;
  for (int index = 0; index < 8; ++index) {
    backoff.started(1000);
    waits.push_back(backoff.ended(1500));
  }
  const uint64_t expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
  for (size_t index = 0; index < 8; ++index) EQUAL(waits[index], expected[index]);
  backoff.started(1000);
  EQUAL(backoff.ended(61000), uint64_t{1000});
}

namespace {

struct Row {
  std::vector<std::string> arguments;
  const char* problem;
};

}  // namespace

TEST(options_that_cannot_be_are_refused_by_name) {
  const Row rows[] = {
      {{}, "the worker is missing"},
      {{"--user"}, "--user needs a value"},
      {{"--user", ""}, "--user needs a value"},
      {{"--usr", "x", "--", "/a"}, "unknown option --usr"},
      {{"--", "/a"}, "--program is missing"},
      {{"--program", "/p", "--tap", "eslogger", "--", "/a"}, "eslogger: give an absolute path"},
      {{"--program", "/p", "--transport", "tape", "--", "/a"}, "tape: give pty or pipe"},
      {{"--program", "/p", "--poke-after", "1s", "--", "/a"}, "1s: give milliseconds"},
      {{"--program", "/p", "--socket", "s", "--", "/a"}, "s: give an absolute path"},
      {{"--program", "p", "--", "/a"}, "p: give an absolute path"},
      {{"--program", "/p", "--", "node"}, "node: give the worker's absolute path"},
      {{"--print", "--", "/a"}, "--print has no worker"},
  };
  for (const Row& row : rows) {
    Options options;
    std::string problem;
    CHECK(parseOptions(row.arguments, options, problem) == Parsed::wrong);
    if (problem.find(row.problem) == std::string::npos) check::fault(__FILE__, __LINE__, problem);
  }
}

TEST(options_behind_two_dashes_are_the_workers_own) {
  Options options;
  std::string problem;
  CHECK(parseOptions({"--program", "/p", "--program", "/q", "--", "/node", "--user", "--help"}, options, problem) ==
        Parsed::good);
  EQUAL(options.programs.size(), size_t{2});
  EQUAL(options.worker.size(), size_t{3});
  EQUAL(options.user, "_exectap");
}
