#include "service/jetstream/subjects.h"

#include <gtest/gtest.h>

#include <string>

namespace happiness {
namespace {

using namespace std::string_literals;

TEST(SubjectsTest, APlaceIsOneTokenOfItsSubject) {
  EXPECT_EQ(SubjectOf("Oslo"), "readings.Oslo");
  EXPECT_EQ(SubjectOf("Baden-Baden_2"), "readings.Baden-Baden_2");
  EXPECT_EQ(SubjectOf("S\u00e3o Paulo"), "readings.S%C3%A3o%20Paulo");
}

TEST(SubjectsTest, WhatMeansSomethingToNatsIsEncoded) {
  EXPECT_EQ(SubjectOf("St. Louis"), "readings.St%2E%20Louis");
  EXPECT_EQ(SubjectOf("*"), "readings.%2A");
  EXPECT_EQ(SubjectOf(">"), "readings.%3E");
  EXPECT_EQ(SubjectOf("$JS"), "readings.%24JS");
  EXPECT_EQ(SubjectOf("a\r\n\t\0b"s), "readings.a%0D%0A%09%00b");
}

TEST(SubjectsTest, TwoPlacesNeverShareASubject) {
  EXPECT_EQ(SubjectOf("%2A"), "readings.%252A");
  EXPECT_NE(SubjectOf("%20"), SubjectOf(" "));
}

}  // namespace
}  // namespace happiness
