#include "request.h"

#include <cstring>

namespace exectap {

namespace {

constexpr char magic[4] = {'E', 'X', 'T', '1'};
constexpr size_t identityAt = 16;

uint32_t word(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8 | static_cast<uint32_t>(bytes[2]) << 16 |
         static_cast<uint32_t>(bytes[3]) << 24;
}

bool zero(const uint8_t* bytes, size_t length) {
  for (size_t index = 0; index < length; ++index) {
    if (bytes[index] != 0) return false;
  }
  return true;
}

bool readIdentity(const uint8_t* identity, Request& request) {
  switch (request.type) {
    case RequestType::killToken:
      for (size_t index = 0; index < 8; ++index) request.token[index] = word(identity + 4 * index);
      return true;
    case RequestType::killStart:
      request.pid = word(identity);
      request.startUs = word(identity + 8) | static_cast<uint64_t>(word(identity + 12)) << 32;
      return zero(identity + 4, 4) && zero(identity + 16, 16);
    default:
      return zero(identity, requestBytes - identityAt);
  }
}

}  // namespace

const char* requestName(RequestType type) {
  switch (type) {
    case RequestType::restartTap:
      return "restart-tap";
    case RequestType::heartbeat:
      return "heartbeat";
    default:
      return "kill";
  }
}

bool decodeRequest(const uint8_t (&bytes)[requestBytes], Request& request) {
  if (std::memcmp(bytes, magic, sizeof magic) != 0 || !zero(bytes + 5, 3) || !zero(bytes + 12, 4)) return false;
  if (bytes[4] < 1 || bytes[4] > 4) return false;
  request = Request();
  request.type = static_cast<RequestType>(bytes[4]);
  request.number = word(bytes + 8);
  return readIdentity(bytes + identityAt, request);
}

bool RequestReader::take(const uint8_t* data, size_t length, std::vector<Request>& out) {
  while (length > 0 && !broken_) {
    const size_t part = length < requestBytes - held_ ? length : requestBytes - held_;
    std::memcpy(bytes_ + held_, data, part);
    held_ += part;
    data += part;
    length -= part;
    if (held_ < requestBytes) break;
    held_ = 0;
    Request request;
    if (decodeRequest(bytes_, request)) {
      out.push_back(request);
    } else {
      broken_ = true;
    }
  }
  return !broken_;
}

bool RateLimit::allow(uint64_t nowMs) {
  if (lastMs_ != 0) left_ += static_cast<double>(nowMs - lastMs_) * perMs_;
  if (left_ > burst_) left_ = burst_;
  lastMs_ = nowMs;
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

}  // namespace exectap
