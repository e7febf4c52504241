#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace exectap {

// What the worker may ask of root. A request has a fixed size and no text: there is nothing to interpret.
//
//   0  "EXT1"            4  type                5  three zero bytes
//   8  number, u32       12 zero, u32           16 identity, 32 bytes
//
// Little-endian, as both architectures of macOS are. The identity of killToken is an audit_token_t; that of killStart
// is pid (u32), zero (u32), start in microseconds since the epoch (u64), sixteen zero bytes; of the others, zero.
constexpr size_t requestBytes = 48;

enum class RequestType : uint8_t { restartTap = 1, heartbeat = 2, killToken = 3, killStart = 4 };

const char* requestName(RequestType type);

struct Request {
  RequestType type = RequestType::heartbeat;
  // Chosen by the worker and given back in the answer.
  uint32_t number = 0;
  uint32_t token[8] = {};
  uint32_t pid = 0;
  uint64_t startUs = 0;
};

// false for anything that is not exactly a request.
bool decodeRequest(const uint8_t (&bytes)[requestBytes], Request& request);

// Cuts the channel's bytes into requests.
class RequestReader {
 public:
  // Appends what was well formed to `out`; false from the first bytes that are no request on, for good.
  bool take(const uint8_t* data, size_t length, std::vector<Request>& out);
  // Whether the channel ended in mid-request.
  bool partial() const { return held_ > 0; }

 private:
  uint8_t bytes_[requestBytes] = {};
  size_t held_ = 0;
  bool broken_ = false;
};

// So many at once, and so many a minute in the long run.
class RateLimit {
 public:
  RateLimit(double burst, double perMinute) : burst_(burst), perMs_(perMinute / 60000), left_(burst) {}
  bool allow(uint64_t nowMs);

 private:
  double burst_;
  double perMs_;
  double left_;
  uint64_t lastMs_ = 0;
};

}  // namespace exectap
