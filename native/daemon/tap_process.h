#pragma once

#include <string>
#include <vector>

#include "control_lines.h"
#include "descriptor.h"
#include "options.h"
#include "stream.h"
#include "supervised.h"
#include "tap_record.h"

namespace exectap {

// eslogger, or what stands in for it: one process at a time, whose output goes into the stream unread.
class TapProcess {
 public:
  TapProcess(const Options& options, Owners owners, Stream& stream, const HostFacts& host)
      : options_(options), record_(options.tapRecord, owners), stream_(stream), host_(host) {}

  // Learns which events the tap knows, and ends a tap that is left over. Before the first start; waits up to two seconds.
  void prepare();

  Supervised& process() { return process_; }
  // The last run, though it may be over; none before the first.
  const TapRun& run() const { return run_; }
  const HostFacts& host() const { return host_; }
  // Whether the last start came to a process.
  bool started() const { return started_; }
  int output() const { return output_.get(); }
  int errors() const { return errors_.get(); }

  void start(uint64_t nowMs);
  void readOutput(uint64_t nowMs);
  void readErrors();
  // When a line that waits in the tap's own buffer is to be pushed out.
  uint64_t pokeDueMs() const;
  void poke();
  // The process was reaped with this wait status; `final`: it is not started again.
  void ended(int status, uint64_t nowMs, bool final);

 private:
  bool openOutput(int& inner);
  void failed(const std::string& step, int error, uint64_t nowMs);
  bool readSome(size_t most);
  std::string token() const;

  const Options& options_;
  TapRecord record_;
  std::vector<std::string> events_;
  Stream& stream_;
  const HostFacts& host_;
  Supervised process_;
  TapRun run_;
  bool started_ = false;
  Descriptor output_;
  Descriptor errors_;
  // The end of what it wrote to standard error.
  std::string words_;
  uint64_t lastReadMs_ = 0;
  // Since the last poke, which itself leaves a line unfinished.
  uint64_t bytesSincePoke_ = UINT64_MAX;
};

}  // namespace exectap
