#include "control_lines.h"

#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "json_line.h"

namespace exectap {

namespace {

JsonLine begin(const char* kind) {
  JsonLine line;
  line.open().open("exectap").open(kind);
  return line;
}

std::string end(JsonLine& line) { return line.close().close().close().end(); }

}  // namespace

std::string isoTime(uint64_t nanoseconds) {
  const auto seconds = static_cast<time_t>(nanoseconds / 1000000000);
  tm parts = {};
  gmtime_r(&seconds, &parts);
  char text[40];
  const size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + length, sizeof text - length, ".%09uZ", static_cast<unsigned>(nanoseconds % 1000000000));
  return text;
}

std::string startLine(const HostFacts& host, const TapRun& run, bool resumed) {
  const Clocks now = clocks();
  JsonLine line = begin("start");
  line.text("source", run.source).text("reason", "this build has no Endpoint Security client");
  line.open("host").text("id", host.id).known("name", host.name).known("architecture", host.architecture).close();
  line.open("os").known("version", host.osVersion).known("build", host.osBuild).known("kernel", host.kernel).close();
  line.known("boot_id", host.bootId);
  line.open("timebase").number("numer", uint64_t{now.numer}).number("denom", uint64_t{now.denom}).close();
  line.text("time", isoTime(now.wallNs)).number("mach_time", now.machTime);
  line.open("agent").number("pump", static_cast<int64_t>(getpid())).number("tap", static_cast<int64_t>(run.pid)).close();
  line.text("run", std::to_string(run.id)).boolean("resumed", resumed);
  return end(line);
}

std::string droppedLine(uint64_t lines, const char* cause) {
  JsonLine line = begin("dropped");
  line.number("n", lines).text("cause", cause).text("time", isoTime(clocks().wallNs));
  return end(line);
}

std::string stopLine(int exit, int signal, const std::string& words, bool final) {
  JsonLine line = begin("stop");
  if (exit >= 0) line.number("exit", int64_t{exit});
  if (signal >= 0) line.number("signal", int64_t{signal});
  line.known("stderr", words).boolean("final", final).text("time", isoTime(clocks().wallNs));
  return end(line);
}

std::string answerLine(uint32_t request, const char* kind, const char* result, const std::string& reason) {
  JsonLine line = begin("answer");
  line.number("request", uint64_t{request}).text("kind", kind).text("result", result).known("reason", reason);
  return end(line);
}

}  // namespace exectap
