#pragma once

#include <functional>
#include <string>
#include <vector>

#include "child.h"
#include "control_socket.h"
#include "descriptor.h"
#include "relay.h"
#include "request.h"
#include "stream.h"
#include "supervised.h"

namespace exectap {

// A worker that has said nothing for so long hangs, and so does one that has read nothing while lines wait.
constexpr uint64_t hangsAfterMs = 60000;
// What a worker is given to write down what it holds.
constexpr uint64_t workerPatienceMs = 10000;
// Requests beyond their rate in one life: whoever sends so many is not our program.
constexpr uint64_t mostRefused = 10000;

// The worker: one process at a time. Each has a pipe, a request channel and a listening socket of its own, and when it
// ends nothing of it is left: what it has started is ended too.
class WorkerProcess {
 public:
  // Makes the listening socket anew; a worker that was taken over can have shut the last one down.
  using MakeSocket = std::function<ControlSocket()>;

  // `account` is nullptr where the worker stays who we are.
  WorkerProcess(std::vector<std::string> command, const Account* account, MakeSocket makeSocket, Stream& stream)
      : command_(std::move(command)), account_(account), makeSocket_(std::move(makeSocket)), stream_(stream) {}

  Supervised& process() { return process_; }
  int input() const { return writeEnd_.get(); }
  int requests() const { return requests_.get(); }
  Relay& output() { return output_; }
  Relay& errors() { return errors_; }
  uint64_t refused() const { return refused_; }
  uint64_t hangsAtMs() const;

  void start(uint64_t nowMs);
  void writeStream(uint64_t nowMs);
  void readRequests(uint64_t nowMs, const std::function<void(const Request&)>& handle);
  // A request that may not be had so often; false where it is one too many to be answered.
  bool refuse(uint64_t nowMs);
  void tick(uint64_t nowMs);
  // The process was reaped. `greeting` is what its successor must hear before what this one left unread; `spared` is a
  // child of ours that is none of its.
  void ended(int status, uint64_t nowMs, const std::string& greeting, pid_t spared);
  // Nothing more will come: a worker that has read everything ends.
  void closeStream();

 private:
  bool openPipe();
  pid_t startProcess(StartFailure& failure);
  void replace(const char* why, uint64_t nowMs);
  void takeBack(const std::string& greeting);

  const std::vector<std::string> command_;
  const Account* const account_;
  const MakeSocket makeSocket_;
  Stream& stream_;
  Supervised process_;
  Descriptor readEnd_;
  Descriptor writeEnd_;
  Descriptor requests_;
  Descriptor control_;
  Relay output_{STDOUT_FILENO};
  Relay errors_{STDERR_FILENO};
  RequestReader reader_;
  RateLimit beats_{10, 60};
  RateLimit refusals_{20, 20};
  uint64_t lastBeatMs_ = 0;
  uint64_t lastReadMs_ = 0;
  uint64_t refused_ = 0;
  uint64_t refusedInLife_ = 0;
};

}  // namespace exectap
