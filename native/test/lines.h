#pragma once

#include <string>

// Lines in eslogger's shape for the tests of the core, as short as the decoder accepts them.
namespace lines {

inline std::string token(int pid, int pidversion) {
  return R"({"auid":501,"euid":502,"egid":20,"ruid":503,"rgid":21,"pid":)" + std::to_string(pid) +
         R"(,"asid":100015,"pidversion":)" + std::to_string(pidversion) + "}";
}

inline std::string process(int pid, int pidversion, const std::string& more = "") {
  return R"({"audit_token":)" + token(pid, pidversion) +
         R"(,"ppid":1,"executable":{"path":"\/bin\/p)" + std::to_string(pid) +
         R"(","path_truncated":false,"stat":{"st_ino":1152921500312525701}})" + more + "}";
}

struct Numbers {
  long long seq = -1;
  long long global = -1;
  std::string time = "2026-08-12T15:28:33.000000000Z";
};

inline std::string message(int eventType, const std::string& event, const Numbers& numbers = {},
                           const std::string& more = "") {
  std::string line = R"({"version":9,"event_type":)" + std::to_string(eventType) + R"(,"event":)" + event +
                     R"(,"time":")" + numbers.time + R"(","mach_time":7,"process":)" + process(40, 90);
  if (numbers.seq >= 0) line += R"(,"seq_num":)" + std::to_string(numbers.seq);
  if (numbers.global >= 0) line += R"(,"global_seq_num":)" + std::to_string(numbers.global);
  return line + more + "}";
}

inline std::string exitLine(const Numbers& numbers = {}) { return message(15, R"({"exit":{"stat":256}})", numbers); }

inline std::string forkLine(const Numbers& numbers = {}) {
  return message(11, R"({"fork":{"child":)" + process(41, 91) + "}}", numbers);
}

inline std::string execLine(const std::string& args = R"(["ls","-l"])", const Numbers& numbers = {}) {
  return message(9, R"({"exec":{"args":)" + args + R"(,"env":["SECRET=1"],"target":)" + process(40, 91) + "}}", numbers);
}

// A time that is later by so many seconds than that of another number.
inline std::string at(int second) {
  return "2026-08-12T15:28:" + std::string(second < 10 ? "0" : "") + std::to_string(second) + ".000000000Z";
}

}  // namespace lines
