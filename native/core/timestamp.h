#pragma once

#include <cstddef>
#include <cstdint>

namespace exectap {

// Longest text that is read as a time: nine fraction digits need 30 bytes.
constexpr size_t maxTimeBytes = 40;

// Nanoseconds since the epoch of an RFC 3339 text in UTC, as eslogger prints it ("2026-08-12T15:28:33.510893468Z",
// any number of fraction digits from none to nine). false when the text is anything else.
bool parseTime(const char* text, size_t length, int64_t& nanoseconds);

}  // namespace exectap
