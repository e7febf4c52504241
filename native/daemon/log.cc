#include "log.h"

#include <poll.h>
#include <unistd.h>

#include "control_lines.h"
#include "json_line.h"

namespace exectap {

void log(const char* level, const std::string& message,
         std::initializer_list<std::pair<const char*, std::string>> fields) {
  JsonLine line;
  line.open().text("@timestamp", isoTime(clocks().wallNs)).text("log.level", level).text("message", message);
  line.text("ecs.version", "8.10.0").text("process.name", "exectapd");
  line.number("process.pid", static_cast<int64_t>(getpid()));
  for (const auto& [key, value] : fields) line.text(key, value);
  const std::string text = line.close().end();
  // A log that is not read must not keep the pump from pumping.
  pollfd wait = {STDERR_FILENO, POLLOUT, 0};
  if (poll(&wait, 1, 0) != 1) return;
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

}  // namespace exectap
