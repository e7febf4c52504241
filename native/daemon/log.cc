#include "log.h"

#include <poll.h>
#include <unistd.h>

#include <climits>

#include "control_lines.h"
#include "json_line.h"

namespace exectap {

bool writeUnlessFull(int descriptor, const char* data, size_t length) {
  while (length > 0) {
    // So much, and no more, fits where poll(2) says that something does [POSIX, pipes].
    const size_t part = length < PIPE_BUF ? length : PIPE_BUF;
    pollfd wait = {descriptor, POLLOUT, 0};
    if (poll(&wait, 1, 0) != 1 || (wait.revents & POLLOUT) == 0) return false;
    const ssize_t written = write(descriptor, data, part);
    if (written <= 0) return false;
    data += written;
    length -= static_cast<size_t>(written);
  }
  return true;
}

void log(const char* level, const std::string& message,
         std::initializer_list<std::pair<const char*, std::string>> fields) {
  JsonLine line;
  line.open().text("@timestamp", isoTime(clocks().wallNs)).text("log.level", level).text("message", message);
  line.text("ecs.version", "8.10.0").text("process.name", "exectapd");
  line.number("process.pid", static_cast<int64_t>(getpid()));
  for (const auto& [key, value] : fields) line.text(key, value);
  const std::string text = line.close().end();
  writeUnlessFull(STDERR_FILENO, text.data(), text.size());
}

}  // namespace exectap
