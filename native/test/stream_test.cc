#include "../daemon/stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <random>
#include <string>
#include <vector>

#include "../core/pipe.h"
#include "check.h"

using namespace exectap;

namespace {

// What the worker would read: everything that is ready, through a real pipe.
std::string drain(Stream& stream) {
  int readEnd = -1, writeEnd = -1;
  makePipe(readEnd, writeEnd);
  fcntl(readEnd, F_SETFL, O_NONBLOCK);
  std::string text;
  char bytes[65536];
  while (!stream.empty()) {
    stream.writeTo(writeEnd, 4096, 4);
    for (ssize_t length = read(readEnd, bytes, sizeof bytes); length > 0; length = read(readEnd, bytes, sizeof bytes)) {
      text.append(bytes, static_cast<size_t>(length));
    }
  }
  close(readEnd);
  close(writeEnd);
  return text;
}

void give(Stream& stream, const std::string& text) { stream.tapBytes(text.data(), text.size()); }

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

// The number behind "n": of a control line about dropped lines, 0 for any other line.
uint64_t droppedIn(const std::string& line) {
  const std::string key = "{\"exectap\":{\"dropped\":{\"n\":";
  return line.compare(0, key.size(), key) == 0 ? std::stoull(line.substr(key.size())) : 0;
}

}  // namespace

TEST(stream_gives_whole_lines_and_holds_the_unfinished_one_back) {
  Stream stream;
  give(stream, "one\ntw");
  EQUAL(drain(stream), "one\n");
  give(stream, "o\n");
  EQUAL(drain(stream), "two\n");
}

TEST(stream_puts_a_control_line_before_the_unfinished_line) {
  Stream stream;
  give(stream, "one\ntw");
  stream.controlLine("control\n");
  give(stream, "o\n");
  EQUAL(drain(stream), "one\ncontrol\ntwo\n");
}

TEST(stream_ends_the_half_line_of_a_tap_that_died) {
  Stream stream;
  give(stream, "one\nhal");
  stream.endTap();
  stream.controlLine("start\n");
  give(stream, "two\n");
  EQUAL(drain(stream), "one\nhal\nstart\ntwo\n");
}

TEST(stream_lets_a_very_long_line_go_as_it_comes_and_control_lines_wait_for_its_end) {
  Stream stream;
  const std::string part(heldBackBytes + 1, 'x');
  give(stream, part);
  EQUAL(drain(stream).size(), part.size());
  stream.controlLine("control\n");
  give(stream, "end");
  EQUAL(drain(stream), "end");
  give(stream, "\nnext\n");
  EQUAL(drain(stream), "\nnext\ncontrol\n");
}

TEST(stream_ends_a_very_long_line_whose_tap_died) {
  Stream stream;
  give(stream, std::string(heldBackBytes + 1, 'x'));
  drain(stream);
  stream.controlLine("control\n");
  stream.endTap();
  EQUAL(drain(stream), "\ncontrol\n");
}

TEST(stream_without_a_reader_keeps_what_it_can_and_counts_the_rest) {
  Stream stream(64 * 1024);
  stream.blame(Stream::Cause::overflow);
  const std::string line = std::string(99, 'x') + "\n";
  for (int index = 0; index < 1000; ++index) give(stream, line);
  const std::vector<std::string> lines = linesOf(drain(stream));
  const uint64_t kept = lines.size() - 1;
  EQUAL(kept + stream.droppedLines(), uint64_t{1000});
  EQUAL(droppedIn(lines.back()), stream.droppedLines());
  CHECK(lines.back().find("\"overflow\"") != std::string::npos);
  give(stream, line);
  EQUAL(drain(stream), line);
}

TEST(stream_counts_the_half_line_of_a_tap_that_died_while_lines_are_dropped_and_no_line_too_many) {
  const std::string line = std::string(99, 'x') + "\n";
  for (const std::string& rest : {std::string(), std::string("hal")}) {
    Stream stream(64 * 1024);
    for (int index = 0; index < 1000; ++index) give(stream, line);
    give(stream, rest);
    stream.endTap();
    uint64_t kept = 0, dropped = 0;
    for (const std::string& each : linesOf(drain(stream))) {
      dropped += droppedIn(each);
      kept += droppedIn(each) == 0 ? 1 : 0;
    }
    EQUAL(kept + dropped, uint64_t{rest.empty() ? 1000u : 1001u});
  }
}

TEST(stream_gives_a_new_worker_what_the_last_one_left_unread_behind_a_greeting) {
  Stream stream;
  give(stream, "one\ntwo\nthr");
  int readEnd = -1, writeEnd = -1;
  makePipe(readEnd, writeEnd);
  stream.writeTo(writeEnd, 8, 1);
  char bytes[64];
  const ssize_t consumed = read(readEnd, bytes, 2);
  const ssize_t left = read(readEnd, bytes, sizeof bytes);
  close(readEnd);
  close(writeEnd);
  EQUAL(consumed, ssize_t{2});
  stream.requeue("greeting\n", bytes, static_cast<size_t>(left));
  give(stream, "ee\n");
  EQUAL(drain(stream), "greeting\ne\ntwo\nthree\n");
}

TEST(stream_stays_within_its_room_however_often_a_worker_dies) {
  Stream stream(64 * 1024);
  const std::string line = std::string(99, 'x') + "\n";
  for (int index = 0; index < 2000; ++index) give(stream, line);
  for (int index = 0; index < 10000; ++index) stream.controlLine(std::string(60, 'c') + "\n");
  for (int index = 0; index < 1000; ++index) stream.requeue(std::string(600, 'g') + "\n", line.data(), line.size());
  uint64_t kept = 0, dropped = 0;
  for (const std::string& each : linesOf(drain(stream))) {
    dropped += droppedIn(each);
    kept += each[0] == 'x' ? 1 : 0;
  }
  EQUAL(kept + dropped > 0, true);
  EQUAL(stream.droppedLines() >= dropped, true);
}

TEST(stream_tells_how_many_unread_lines_found_no_room) {
  Stream stream(64 * 1024);
  const std::string line = std::string(99, 'x') + "\n";
  for (int index = 0; index < 600; ++index) give(stream, line);
  std::string unread;
  for (int index = 0; index < 900; ++index) unread += line;
  stream.requeue("greeting\n", unread.data(), unread.size());
  const std::vector<std::string> lines = linesOf(drain(stream));
  EQUAL(lines.at(0), "greeting");
  EQUAL(lines.size(), size_t{602});
  EQUAL(droppedIn(lines.back()), uint64_t{900});
}

// Whatever is given, in whatever pieces: every line arrives whole and in order, or is counted.
TEST(stream_loses_no_line_without_counting_it) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    Stream stream(16 * 1024);
    uint64_t given = 0, arrived = 0, dropped = 0, last = 0;
    std::string pending, out;
    const auto check = [&](const std::string& text) {
      for (const std::string& line : linesOf(text)) {
        if (line.compare(0, 7, "control") == 0) continue;
        if (const uint64_t lines = droppedIn(line)) {
          dropped += lines;
          continue;
        }
        const uint64_t number = std::stoull(line);
        CHECK(number > last);
        EQUAL(line.size(), std::to_string(number).size() + number % 211);
        last = number;
        ++arrived;
      }
    };
    for (int step = 0; step < 400; ++step) {
      switch (random() % 4) {
        case 0:
          out += drain(stream);
          break;
        case 1:
          stream.controlLine("control\n");
          break;
        default: {
          for (uint32_t count = random() % 60; count > 0; --count) {
            ++given;
            pending += std::to_string(given) + std::string(given % 211, ' ') + "\n";
          }
          const size_t part = pending.empty() ? 0 : random() % pending.size();
          give(stream, pending.substr(0, part));
          pending.erase(0, part);
        }
      }
    }
    out += drain(stream);
    give(stream, pending);
    out += drain(stream);
    // Behind the last drop there is room again, so this one tells of everything before.
    ++given;
    give(stream, std::to_string(given) + std::string(given % 211, ' ') + "\n");
    out += drain(stream);
    ++given;
    give(stream, std::to_string(given) + std::string(given % 211, ' ') + "\n");
    out += drain(stream);
    check(out);
    EQUAL(arrived + dropped, given);
    EQUAL(dropped, stream.droppedLines());
  }
}
