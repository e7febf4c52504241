#pragma once

#include <functional>
#include <string>
#include <vector>

#include "child.h"
#include "control_socket.h"
#include "descriptor.h"
#include "request.h"
#include "stream.h"
#include "supervised.h"

namespace exectap {

// A worker that has said nothing for so long hangs. It beats every few seconds.
constexpr uint64_t heartbeatLimitMs = 60000;
// What a worker is given to write down what it holds.
constexpr uint64_t workerPatienceMs = 10000;

// The worker: one process at a time, fed through one pipe for all of their lives.
class WorkerProcess {
 public:
  // `account` is nullptr where the worker stays who we are.
  WorkerProcess(std::vector<std::string> command, const Account* account, const ControlSocket& control, Stream& stream)
      : command_(std::move(command)), account_(account), control_(control), stream_(stream) {}

  bool open();
  Supervised& process() { return process_; }
  int input() const { return writeEnd_.get(); }
  int requests() const { return requests_.get(); }
  uint64_t refused() const { return refused_; }
  uint64_t heartbeatDueMs() const { return process_.running() ? lastBeatMs_ + heartbeatLimitMs : never; }

  void start(uint64_t nowMs);
  void writeStream();
  void readRequests(uint64_t nowMs, const std::function<void(const Request&)>& handle);
  // A request that may not be had so often.
  void refuse() { ++refused_; }
  void tick(uint64_t nowMs);
  // The process was reaped. `greeting` is what its successor must hear before what this one left unread.
  void ended(int status, uint64_t nowMs, const std::string& greeting);
  // Nothing more will come: a worker that has read everything ends.
  void closeStream();

 private:
  void takeBack(const std::string& greeting);

  const std::vector<std::string> command_;
  const Account* const account_;
  const ControlSocket control_;
  Stream& stream_;
  Supervised process_;
  Descriptor readEnd_;
  Descriptor writeEnd_;
  Descriptor requests_;
  RequestReader reader_;
  RateLimit beats_{10, 60};
  uint64_t lastBeatMs_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace exectap
