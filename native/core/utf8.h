#pragma once

#include <cstddef>
#include <string>

namespace exectap {

// Appends `length` bytes to `out` with every maximal ill-formed part replaced by U+FFFD, as the Encoding Standard
// (https://encoding.spec.whatwg.org/#utf-8-decoder) and JavaScript's TextDecoder do. Returns how many were replaced.
size_t replaceInvalidUtf8(const char* data, size_t length, std::string& out);

// The first `limit` bytes of a text that may be anything, made valid; a character that the limit cuts is left out.
std::string validHead(const char* data, size_t length, size_t limit);

}  // namespace exectap
