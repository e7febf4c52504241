// Any sequence of what happens to the stream: every line of the tap arrives or is counted, control lines stand alone.
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "../core/pipe.h"
#include "../daemon/stream.h"

using namespace exectap;

namespace {

void drain(Stream& stream, std::string& text) {
  int readEnd = -1, writeEnd = -1;
  if (!makePipe(readEnd, writeEnd)) std::abort();
  char bytes[4096];
  while (!stream.empty()) {
    if (!stream.writeTo(writeEnd, sizeof bytes, 1)) std::abort();
    const ssize_t length = read(readEnd, bytes, sizeof bytes);
    if (length > 0) text.append(bytes, static_cast<size_t>(length));
  }
  close(readEnd);
  close(writeEnd);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t length) {
  Stream stream(2048);
  std::string out;
  uint64_t given = 0;
  bool partial = false;
  bool requeued = false;
  for (size_t at = 0; at < length; ++at) {
    switch (data[at] % 7) {
      case 0:
        drain(stream, out);
        break;
      case 1:
        stream.controlLine("#\n");
        break;
      case 5:
        // The worker dies having left lines of its own in the pipe.
        for (int line = 0; line < data[at]; ++line) stream.controlLine("#\n");
        break;
      case 6: {
        std::string unread;
        for (int line = 0; line < data[at] / 3; ++line) unread += "x\n";
        given += static_cast<uint64_t>(data[at] / 3);
        requeued = true;
        stream.requeue(std::string(data[at], '#') + "\n", unread.data(), unread.size());
        break;
      }
      case 2:
        stream.endTap();
        given += partial ? 1 : 0;
        partial = false;
        break;
      default: {
        const size_t bytes = static_cast<size_t>(data[at]) * 3;
        std::string text(bytes, 'x');
        if (data[at] % 3 == 0 && bytes > 0) text.back() = '\n';
        stream.tapBytes(text.data(), text.size());
        if (bytes == 0) break;
        partial = text.back() != '\n';
        given += partial ? 0 : 1;
      }
    }
  }
  stream.endTap();
  given += partial ? 1 : 0;
  drain(stream, out);
  uint64_t arrived = 0;
  for (size_t at = 0; at < out.size();) {
    const size_t end = out.find('\n', at);
    if (end == std::string::npos) std::abort();
    const std::string line = out.substr(at, end - at);
    at = end + 1;
    if (line.empty() || line[0] == '#' || line[0] == '{') continue;
    if (line.find_first_not_of('x') != std::string::npos) std::abort();
    ++arrived;
  }
  const uint64_t accounted = arrived + stream.droppedLines();
  // Room for a worker's greeting may cost control lines, which are counted with the others.
  if (requeued ? accounted < given : accounted != given) std::abort();
  return 0;
}
