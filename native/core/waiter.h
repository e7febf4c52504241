#pragma once

namespace exectap {

// Waits for a file descriptor, and can be woken from another thread.
class Waiter {
 public:
  Waiter();
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // errno of what kept the pipe from being made, 0 when all is well.
  int error() const { return error_; }
  // Any thread, any number of times.
  void wake();

  enum class Result { readable, woken, failed };
  // Until the descriptor can be read, has ended, or `wake` was called. `failed` leaves errno set.
  Result wait(int descriptor);

 private:
  bool waitForAny(int descriptor, bool& readable);
  void drain();

  int pipe_[2] = {-1, -1};
  int error_ = 0;
};

}  // namespace exectap
