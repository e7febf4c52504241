#include "timestamp.h"

namespace exectap {

namespace {

constexpr size_t secondsLength = 19;  // "2026-08-12T15:28:33"

bool digits(const char* text, size_t count, int64_t& value) {
  value = 0;
  for (size_t index = 0; index < count; ++index) {
    if (text[index] < '0' || text[index] > '9') return false;
    value = value * 10 + (text[index] - '0');
  }
  return true;
}

int64_t daysInMonth(int64_t year, int64_t month) {
  static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar: Howard Hinnant, "chrono-Compatible Low-Level
// Date Algorithms", days_from_civil.
int64_t daysSinceEpoch(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t yearOfEra = year - era * 400;
  const int64_t dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

}  // namespace

bool parseTime(const char* text, size_t length, int64_t& nanoseconds) {
  if (length < secondsLength + 1 || length > maxTimeBytes) return false;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return false;
  if (text[length - 1] != 'Z') return false;
  int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!digits(text, 4, year) || !digits(text + 5, 2, month) || !digits(text + 8, 2, day)) return false;
  if (!digits(text + 11, 2, hour) || !digits(text + 14, 2, minute) || !digits(text + 17, 2, second)) return false;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return false;
  // 60: a leap second.
  if (hour > 23 || minute > 59 || second > 60) return false;
  // What int64 nanoseconds can hold ends in 2262.
  if (year < 1900 || year > 2261) return false;
  int64_t fraction = 0;
  if (length > secondsLength + 1) {
    const size_t count = length - secondsLength - 2;
    if (text[secondsLength] != '.' || count == 0 || count > 9) return false;
    if (!digits(text + secondsLength + 1, count, fraction)) return false;
    for (size_t missing = count; missing < 9; ++missing) fraction *= 10;
  }
  const int64_t seconds = daysSinceEpoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  nanoseconds = seconds * 1000000000 + fraction;
  return true;
}

}  // namespace exectap
