#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace exectap {

// An open file descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  int get() const { return number_; }
  bool open() const { return number_ >= 0; }
  void reset(int number = -1) {
    if (number_ >= 0) close(number_);
    number_ = number;
  }
  bool doNotBlock() const { return fcntl(number_, F_SETFL, fcntl(number_, F_GETFL) | O_NONBLOCK) == 0; }

 private:
  int number_ = -1;
};

}  // namespace exectap
