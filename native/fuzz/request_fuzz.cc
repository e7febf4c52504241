// Whatever the worker sends, in whatever pieces: a request is taken only if it is one to the last byte, and nothing after
// the first bytes that are none. For libFuzzer; scripts/sanitize.sh builds and runs it.
#include <cstdlib>
#include <cstring>

#include "../daemon/request.h"

using namespace exectap;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t length) {
  if (length == 0) return 0;
  // The first byte says how the channel cuts the rest.
  const size_t step = data[0] == 0 ? 1 : data[0];
  ++data;
  --length;
  RequestReader reader;
  std::vector<Request> taken;
  bool good = true;
  for (size_t at = 0; at < length; at += step) {
    good = reader.take(data + at, length - at < step ? length - at : step, taken);
  }
  size_t expected = 0;
  bool whole = true;
  for (size_t at = 0; at + requestBytes <= length && whole; at += requestBytes) {
    uint8_t bytes[requestBytes];
    std::memcpy(bytes, data + at, requestBytes);
    Request request;
    whole = decodeRequest(bytes, request);
    if (whole) ++expected;
  }
  if (taken.size() != expected || good != whole) std::abort();
  return 0;
}
