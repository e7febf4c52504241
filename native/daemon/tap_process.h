#pragma once

#include <string>

#include "control_lines.h"
#include "descriptor.h"
#include "stream.h"
#include "supervised.h"

namespace exectap {

// eslogger, or what stands in for it: one process at a time, whose output goes into the stream unread.
class TapProcess {
 public:
  TapProcess(std::string program, Stream& stream, const HostFacts& host)
      : program_(std::move(program)), stream_(stream), host_(host) {}

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
  // The process was reaped with this wait status; `final`: it is not started again.
  void ended(int status, uint64_t nowMs, bool final);

 private:
  void failed(const std::string& step, int error, uint64_t nowMs);
  bool readSome(size_t most);
  std::string token() const;

  const std::string program_;
  Stream& stream_;
  const HostFacts& host_;
  Supervised process_;
  TapRun run_;
  bool started_ = false;
  Descriptor output_;
  Descriptor errors_;
  // The end of what it wrote to standard error.
  std::string words_;
};

}  // namespace exectap
