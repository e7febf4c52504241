#include "../core/timestamp.h"

#include <cstring>

#include "check.h"

using exectap::parseTime;

namespace {

int64_t nanoseconds(const char* text) {
  int64_t value = -1;
  CHECK(parseTime(text, std::strlen(text), value));
  return value;
}

bool refused(const char* text) {
  int64_t value = 0;
  return !parseTime(text, std::strlen(text), value);
}

}  // namespace

TEST(times_are_nanoseconds_since_the_epoch) {
  EQUAL(nanoseconds("1970-01-01T00:00:00Z"), int64_t{0});
  EQUAL(nanoseconds("1970-01-01T00:00:00.000000001Z"), int64_t{1});
  EQUAL(nanoseconds("2026-08-12T15:28:33.510893468Z"), int64_t{1786548513510893468});
  EQUAL(nanoseconds("2026-08-12T15:28:33.510893Z"), int64_t{1786548513510893000});
  EQUAL(nanoseconds("2024-02-29T23:59:59.5Z"), int64_t{1709251199500000000});
  EQUAL(nanoseconds("1969-12-31T23:59:59.000000000Z"), int64_t{-1000000000});
  EQUAL(nanoseconds("2000-03-01T00:00:00Z"), int64_t{951868800000000000});
}

TEST(what_is_no_time_in_utc_is_refused) {
  for (const char* text : {"", "Z", "2026-08-12", "2026-08-12T15:28:33", "2026-08-12T15:28:33+02:00", "2026-08-12 15:28:33Z",
                           "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-00-10T00:00:00Z",
                           "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
                           "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00.12a4Z",
                           "9999-01-01T00:00:00Z", "2026-01-01T00:00:00.000000000000000000000000Z"}) {
    if (!refused(text)) check::fault(__FILE__, __LINE__, std::string("accepted ") + text);
  }
}
