#include "../core/decoder.h"

#include "../core/splitter.h"
#include "check.h"
#include "lines.h"

using namespace exectap;

namespace {

constexpr size_t limit = 1024 * 1024;

struct Result {
  Decoded event;
  Batch batch{8};

  const uint32_t* record() const { return batch.record(0); }
  std::string text(uint32_t word) const {
    const uint32_t offset = record()[word];
    if (offset == absent) return "<absent>";
    return std::string(reinterpret_cast<const char*>(batch.text()) + offset, record()[word + 1]);
  }
  std::string argument(uint32_t index) const {
    const uint32_t* pair = batch.arguments().data() + (record()[field::argsFirst] + index) * 2;
    return std::string(reinterpret_cast<const char*>(batch.text()) + pair[0], pair[1]);
  }
};

Result decode(const std::string& line, size_t maxLineBytes = limit) {
  Result result;
  Decoder decoder(maxLineBytes);
  // What follows the line is the next one, as in the reader's buffer.
  const std::string padded = line + "\n" + lines::exitLine() + std::string(linePadding, '\0');
  decoder.decode(padded.data(), line.size(), result.batch, result.event);
  if (result.event.outcome == Outcome::record) result.batch.commit(decoder.textEnd());
  return result;
}

void expectReason(const std::string& line, const std::string& reason) {
  const Result found = decode(line);
  CHECK(found.event.outcome == Outcome::undecodable);
  EQUAL(found.event.reason, reason);
  EQUAL(found.batch.count(), 0u);
  EQUAL(found.batch.arguments().size(), size_t{0});
}

std::string without(std::string text, const std::string& part) {
  const size_t at = text.find(part);
  CHECK(at != std::string::npos);
  return text.erase(at, part.size());
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  const size_t at = text.find(part);
  CHECK(at != std::string::npos);
  return text.replace(at, part.size(), by);
}

}  // namespace

TEST(exec_has_its_target_and_arguments_and_no_environment) {
  const Result found = decode(lines::execLine(R"(["\/bin\/ls","-l","caf\u00e9 \"q\"",""])"));
  CHECK(found.event.outcome == Outcome::record);
  EQUAL(found.record()[field::kind], uint32_t{execKind});
  EQUAL(found.record()[field::argsCount], 4u);
  EQUAL(found.argument(0), std::string("/bin/ls"));
  EQUAL(found.argument(2), std::string("caf\xC3\xA9 \"q\""));
  EQUAL(found.argument(3), std::string(""));
  EQUAL(found.text(field::commandLine), std::string("/bin/ls -l caf\xC3\xA9 \"q\" "));
  EQUAL(found.text(subjectBlock + field::executable), std::string("/bin/p40"));
  EQUAL(found.record()[subjectBlock + field::auditToken + pidversionWord], 91u);
  EQUAL(found.record()[actorBlock + field::auditToken + pidversionWord], 90u);
  const std::string text(reinterpret_cast<const char*>(found.batch.text()), found.batch.textUsed());
  CHECK(text.find("SECRET") == std::string::npos);
}

TEST(both_forms_of_a_token_give_the_same_words) {
  const Result object = decode(lines::exitLine());
  const Result array = decode(replaced(lines::exitLine(), lines::token(40, 90), "[501,502,20,503,21,40,100015,90]"));
  for (uint32_t word = 0; word < tokenWords; ++word) {
    EQUAL(array.record()[actorBlock + field::auditToken + word], object.record()[actorBlock + field::auditToken + word]);
  }
  EQUAL(object.record()[actorBlock + field::auditToken + euidWord], 502u);
  EQUAL(object.record()[actorBlock + field::auditToken + rgidWord], 21u);
}

TEST(fork_and_exit_have_their_payload) {
  const Result fork = decode(lines::forkLine());
  EQUAL(fork.record()[field::kind], uint32_t{forkKind});
  EQUAL(fork.record()[subjectBlock + field::auditToken + pidWord], 41u);
  const Result exit = decode(lines::exitLine());
  EQUAL(exit.record()[field::kind], uint32_t{exitKind});
  EQUAL(exit.record()[field::exitStat], 256u);
}

TEST(numbers_keep_all_their_bits) {
  const std::string line = replaced(lines::exitLine({18446744073709551, 9007199254740993}), R"("mach_time":7)",
                                    R"("mach_time":18446744073709551615)");
  const Result found = decode(line);
  EQUAL(getU64(found.record() + field::machTime), uint64_t{18446744073709551615ull});
  EQUAL(getU64(found.record() + field::globalSeqNum), uint64_t{9007199254740993});
  EQUAL(found.event.seq, uint64_t{18446744073709551});
}

TEST(what_may_be_missing_is_absent) {
  const Result found = decode(lines::exitLine());
  EQUAL(found.record()[actorBlock + field::blockPresence], 0u);
  EQUAL(found.text(actorBlock + field::signingId), std::string("<absent>"));
  EQUAL(found.text(actorBlock + field::tty), std::string("<absent>"));
  EQUAL(found.record()[field::presence], 0u);
  CHECK(!found.event.hasSeq);
  CHECK(!found.event.hasGlobal);
}

TEST(a_part_that_must_be_there_is_named_when_it_is_missing) {
  const std::string exec = lines::execLine();
  expectReason(without(exec, R"("event_type":9,)"), "event_type: missing");
  expectReason(without(exec, R"("time":"2026-08-12T15:28:33.000000000Z",)"), "time: missing");
  expectReason(without(exec, R"(,"process":)" + lines::process(40, 90)), "process: missing");
  expectReason(without(exec, R"("audit_token":)" + lines::token(40, 90) + ","), "process.audit_token: missing");
  expectReason(without(exec, R"("audit_token":)" + lines::token(40, 91) + ","), "event.exec.target.audit_token: missing");
  expectReason(without(exec, R"("euid":502,)"), "event.exec.target.audit_token: a number of the token is missing");
  expectReason(without(exec, R"(,"target":)" + lines::process(40, 91)), "event.exec.target: missing");
  expectReason(without(exec, R"("args":["ls","-l"],)"), "event.exec.args: missing");
  expectReason(without(lines::exitLine(), R"("stat":256)"), "event.exit.stat: missing");
  expectReason(lines::message(11, R"({"fork":{}})"), "event.fork.child: missing");
  expectReason(lines::message(9, R"({"lookup":{}})"), "event: its payload is missing");
}

TEST(an_event_type_that_disagrees_with_its_event_is_refused) {
  expectReason(replaced(lines::execLine(), R"("event_type":9)", R"("event_type":11)"),
               "event_type: disagrees with the key of event");
  expectReason(lines::message(43, R"({"exit":{"stat":0}})"), "event_type: disagrees with the key of event");
  expectReason(lines::message(15, R"({"exit":{"stat":0},"exit":{"stat":1}})"), "event: holds more than one event");
}

TEST(values_of_another_type_are_refused_with_their_name) {
  expectReason(replaced(lines::exitLine(), R"("ppid":1)", R"("ppid":"1")"),
               std::string("process.ppid: ") + simdjson::error_message(simdjson::INCORRECT_TYPE));
  expectReason(replaced(lines::exitLine(), R"("ppid":1)", R"("ppid":4294967296)"),
               "process.ppid: number does not fit in 32 bits");
  expectReason(replaced(lines::exitLine(), lines::token(40, 90), "[1,2,3]"), "process.audit_token: fewer than eight numbers");
  expectReason(replaced(lines::exitLine(), lines::token(40, 90), "[1,2,3,4,5,6,7,8,9]"),
               "process.audit_token: more than eight numbers");
  expectReason(lines::exitLine({-1, -1, "yesterday"}), "time: not an RFC 3339 time in UTC");
}

TEST(negative_pids_are_kept) {
  const Result found = decode(replaced(lines::exitLine(), R"("ppid":1)", R"("ppid":-1)"));
  EQUAL(static_cast<int32_t>(found.record()[actorBlock + field::ppid]), -1);
}

TEST(unknown_keys_and_nested_values_are_passed_over) {
  const Result found = decode(lines::message(15, R"({"exit":{"new":[{"a":[1,{"stat":9}]}],"stat":3}})", {},
                                             R"(,"later":{"process":{"audit_token":7}},"x":[[],[{}]])"));
  CHECK(found.event.outcome == Outcome::record);
  EQUAL(found.record()[field::exitStat], 3u);
}

TEST(other_event_types_leave_nothing_in_the_batch) {
  const Result found = decode(lines::message(43, R"({"lookup":{"relative_target":"x"}})", {5, 6}));
  CHECK(found.event.outcome == Outcome::other);
  EQUAL(found.event.eventType, 43u);
  EQUAL(found.event.global, uint64_t{6});
  EQUAL(found.batch.count(), 0u);
}

TEST(invalid_utf8_and_lone_surrogates_become_replacement_characters) {
  const Result bytes = decode(lines::execLine("[\"a\xFF\xFE\",\"b\xE2\x82\"]"));
  CHECK(bytes.event.outcome == Outcome::record);
  CHECK(bytes.event.replacedUtf8);
  EQUAL(bytes.argument(0), std::string("a\xEF\xBF\xBD\xEF\xBF\xBD"));
  EQUAL(bytes.argument(1), std::string("b\xEF\xBF\xBD"));
  const Result surrogate = decode(lines::execLine(R"(["a\ud800b","\udc00","\ud83d\ude00"])"));
  CHECK(surrogate.event.outcome == Outcome::record);
  CHECK(!surrogate.event.replacedUtf8);
  EQUAL(surrogate.argument(0), std::string("a\xEF\xBF\xBD" "b"));
  EQUAL(surrogate.argument(1), std::string("\xEF\xBF\xBD"));
  EQUAL(surrogate.argument(2), std::string("\xF0\x9F\x98\x80"));
}

TEST(a_line_that_grows_beyond_the_limit_by_replacement_is_refused) {
  const std::string line = lines::execLine("[\"" + std::string(600, '\xFF') + "\"]");
  const Result found = decode(line, line.size() + 1000);
  CHECK(found.event.outcome == Outcome::undecodable);
  EQUAL(found.event.reason, std::string("longer than the line limit once its invalid UTF-8 was replaced"));
}

TEST(a_line_cut_anywhere_is_undecodable) {
  const std::string line = lines::execLine();
  for (size_t length = 1; length < line.size(); ++length) {
    if (decode(line.substr(0, length)).event.outcome != Outcome::undecodable) {
      check::fault(__FILE__, __LINE__, "cut at " + std::to_string(length) + " was decoded");
    }
  }
}

TEST(something_behind_the_object_is_refused) { expectReason(lines::exitLine() + "{}", "something follows the JSON object"); }

TEST(the_numbers_of_an_undecodable_event_are_still_read) {
  const Result found = decode(replaced(lines::exitLine({3, 4}), R"("ppid":1)", R"("ppid":"x")"));
  CHECK(found.event.outcome == Outcome::undecodable);
  CHECK(found.event.hasSeq && found.event.hasGlobal);
  EQUAL(found.event.global, uint64_t{4});
}

TEST(a_control_line_is_kept_as_text) {
  const std::string line = R"({"exectap":{"snapshot":[{"pid":1,"path":"\/sbin\/launchd","x":null,"y":-1.5e3,"z":true}]}})";
  const Result found = decode(line);
  CHECK(found.event.outcome == Outcome::record);
  EQUAL(found.record()[field::kind], uint32_t{controlKind});
  EQUAL(found.text(field::control), line);
  CHECK(!found.event.startsRun);
  CHECK(decode(R"({"exectap":{"start":{"source":"eslogger"}}})").event.startsRun);
}

TEST(a_control_line_that_is_no_json_is_undecodable) {
  for (const char* line : {R"({"exectap":{"a":tru}})", R"({"exectap":{"a":[1,,2]}})", R"({"exectap":1})",
                           R"({"exectap":{"a":01}})", R"({"exectap":{"a":"\x"}})", R"({"exectap":{}},1)"}) {
    if (decode(line).event.outcome != Outcome::undecodable) check::fault(__FILE__, __LINE__, line);
  }
}
