#include "../core/utf8.h"

#include "check.h"

namespace {

#define REPLACEMENT "\xEF\xBF\xBD"

std::string repaired(const std::string& text) {
  std::string out;
  exectap::replaceInvalidUtf8(text.data(), text.size(), out);
  return out;
}

}  // namespace

TEST(valid_text_stays_as_it_is) {
  for (const char* text : {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF\xEE\x80\x80"}) {
    EQUAL(repaired(text), std::string(text));
  }
}

// The examples of the Unicode Standard, section 3.9, "U+FFFD Substitution of Maximal Subparts" (tables 3-8 to 3-11).
TEST(each_maximal_ill_formed_part_becomes_one_replacement_character) {
  EQUAL(repaired("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
        std::string(REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT "A"));
  EQUAL(repaired("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
        std::string(REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT "A"));
  EQUAL(repaired("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
        std::string(REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT "A" REPLACEMENT REPLACEMENT "B"));
  EQUAL(repaired("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), std::string(REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT "A"));
}

TEST(a_sequence_that_the_end_cuts_becomes_one_replacement_character) {
  EQUAL(repaired("a\xF0\x9F\x98"), std::string("a" REPLACEMENT));
  EQUAL(repaired("\xC3"), std::string(REPLACEMENT));
}

TEST(a_head_does_not_end_within_a_character) {
  const std::string text = "ab\xE2\x82\xAC\xF0\x9F\x98\x80z";
  EQUAL(exectap::validHead(text.data(), text.size(), 2), std::string("ab"));
  EQUAL(exectap::validHead(text.data(), text.size(), 3), std::string("ab"));
  EQUAL(exectap::validHead(text.data(), text.size(), 4), std::string("ab"));
  EQUAL(exectap::validHead(text.data(), text.size(), 5), std::string("ab\xE2\x82\xAC"));
  EQUAL(exectap::validHead(text.data(), text.size(), 8), std::string("ab\xE2\x82\xAC"));
  EQUAL(exectap::validHead(text.data(), text.size(), 100), text);
  EQUAL(exectap::validHead("\x80\x80\x80", 3, 2), std::string(REPLACEMENT REPLACEMENT));
}
