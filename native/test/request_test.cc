#include "../daemon/request.h"

#include <cstring>
#include <random>

#include "check.h"

using namespace exectap;

namespace {

struct Bytes {
  uint8_t data[requestBytes] = {'E', 'X', 'T', '1'};
};

Bytes requestOf(RequestType type, uint32_t number) {
  Bytes bytes;
  bytes.data[4] = static_cast<uint8_t>(type);
  std::memcpy(bytes.data + 8, &number, 4);
  return bytes;
}

Bytes killStart(uint32_t pid, uint64_t startUs) {
  Bytes bytes = requestOf(RequestType::killStart, 7);
  std::memcpy(bytes.data + 16, &pid, 4);
  std::memcpy(bytes.data + 24, &startUs, 8);
  return bytes;
}

}  // namespace

TEST(request_is_read_field_by_field) {
  Request request;
  CHECK(decodeRequest(killStart(4711, 1764000000123456).data, request));
  CHECK(request.type == RequestType::killStart);
  EQUAL(request.number, 7u);
  EQUAL(request.pid, 4711u);
  EQUAL(request.startUs, uint64_t{1764000000123456});

  Bytes token = requestOf(RequestType::killToken, 9);
  for (uint32_t index = 0; index < 8; ++index) {
    const uint32_t word = 100 + index;
    std::memcpy(token.data + 16 + 4 * index, &word, 4);
  }
  CHECK(decodeRequest(token.data, request));
  EQUAL(request.token[5], 105u);
  EQUAL(request.token[7], 107u);
}

TEST(request_with_anything_in_an_unused_byte_is_none) {
  for (const RequestType type : {RequestType::restartTap, RequestType::heartbeat, RequestType::killStart}) {
    for (size_t at = 0; at < requestBytes; ++at) {
      const bool magic = at < 4, kind = at == 4, number = at >= 8 && at < 12;
      const bool identity = type == RequestType::killStart && ((at >= 16 && at < 20) || (at >= 24 && at < 32));
      if (kind || number || identity) continue;
      Bytes bytes = requestOf(type, 1);
      bytes.data[at] ^= 0x40;
      Request request;
      if (decodeRequest(bytes.data, request)) check::fault(__FILE__, __LINE__, "byte " + std::to_string(at) + " was not looked at");
      CHECK(magic || at > 4);
    }
  }
}

TEST(request_of_an_unknown_type_is_none) {
  Request request;
  for (int type = 0; type < 256; ++type) {
    Bytes bytes = requestOf(static_cast<RequestType>(type), 1);
    EQUAL(decodeRequest(bytes.data, request), type >= 1 && type <= 4);
  }
}

TEST(requests_are_the_same_however_the_channel_cuts_them) {
  std::vector<uint8_t> stream;
  for (uint32_t index = 0; index < 20; ++index) {
    const Bytes bytes = killStart(index, index * 1000);
    stream.insert(stream.end(), bytes.data, bytes.data + requestBytes);
  }
  for (size_t step = 1; step <= 2 * requestBytes + 1; ++step) {
    RequestReader reader;
    std::vector<Request> requests;
    for (size_t at = 0; at < stream.size(); at += step) {
      const size_t length = stream.size() - at < step ? stream.size() - at : step;
      CHECK(reader.take(stream.data() + at, length, requests));
    }
    EQUAL(requests.size(), size_t{20});
    EQUAL(requests.back().pid, 19u);
    CHECK(!reader.partial());
  }
}

TEST(channel_is_closed_for_good_by_the_first_bytes_that_are_no_request) {
  std::mt19937 random(4);
  for (int round = 0; round < 2000; ++round) {
    RequestReader reader;
    std::vector<Request> requests;
    const Bytes good = requestOf(RequestType::heartbeat, 0);
    CHECK(reader.take(good.data, requestBytes, requests));
    uint8_t junk[requestBytes * 3];
    for (uint8_t& byte : junk) byte = static_cast<uint8_t>(random());
    junk[0] = 'X';
    CHECK(!reader.take(junk, sizeof junk, requests));
    CHECK(!reader.take(good.data, requestBytes, requests));
    EQUAL(requests.size(), size_t{1});
  }
}

TEST(rate_limit_allows_a_burst_and_then_its_rate) {
  RateLimit limit(3, 60);
  int allowed = 0;
  for (int index = 0; index < 10; ++index) allowed += limit.allow(1000) ? 1 : 0;
  EQUAL(allowed, 3);
  CHECK(!limit.allow(1900));
  CHECK(limit.allow(2100));
  CHECK(!limit.allow(2200));
  allowed = 0;
  for (uint64_t ms = 1000000; ms < 1060000; ms += 10) allowed += limit.allow(ms) ? 1 : 0;
  CHECK(allowed >= 61 && allowed <= 63);
}
