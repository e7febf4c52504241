#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace exectap {

// Lines that could not be decoded, kept for a person to look at.
constexpr size_t maxSamples = 8;
constexpr size_t sampleHeadBytes = 200;
// Event types counted by their own number; the rest is counted together.
constexpr size_t maxCountedTypes = 256;

// Written by one thread, read by any.
class Count {
 public:
  void add(uint64_t more = 1) { value_.store(get() + more, std::memory_order_relaxed); }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

struct Sample {
  uint64_t line = 0;
  uint64_t offset = 0;
  std::string reason;
  std::string head;
};

// What became of every line: lines = exec + fork + exit + control + otherTypes + undecodable + tooLong + blank
// + overflow.
class Counters {
 public:
  Count lines, bytes, blank;
  Count exec, fork, exit, control, otherTypes;
  Count undecodable, tooLong, junkBytes, replacedUtf8, newerVersion;
  Count overflow, lostByKernel, gaps, sequenceRestarts, outOfOrder;

  void countOtherType(uint32_t eventType);
  void addLostByType(uint32_t eventType, uint64_t lost);
  void addSample(Sample sample);

  // Copies of what is not a plain number. The type UINT32_MAX stands for all beyond the bound.
  std::map<uint32_t, uint64_t> otherTypeCounts() const;
  std::map<uint32_t, uint64_t> lostTypeCounts() const;
  std::vector<Sample> samples() const;

 private:
  mutable std::mutex mutex_;
  std::map<uint32_t, uint64_t> otherTypes_;
  std::map<uint32_t, uint64_t> lostByType_;
  std::vector<Sample> samples_;
};

}  // namespace exectap
