#include "service/store/origin.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/service/store/store_fixture.h"

namespace happiness {
namespace {

class OriginTest : public StoreFixture {
 protected:
  std::string Claim(const std::string& log) {
    return std::string(ClaimStore(writer_->db(), log).message());
  }
};

TEST_F(OriginTest, AnEmptyStoreMayBecomeACopyOfAnyLog) {
  EXPECT_EQ(Claim(""), "");
  EXPECT_EQ(Claim("one"), "");
  EXPECT_EQ(Claim("another"), "");
  EXPECT_EQ(Claim(""), "");
}

TEST_F(OriginTest, ACopyStaysThatOfItsLog) {
  EXPECT_EQ(Claim("one"), "");
  WriteMany("Oslo", 1);
  EXPECT_EQ(Claim("one"), "");
  EXPECT_EQ(Claim("another"),
            "the readings in it are a copy of one, not a copy of another: give "
            "another folder");
  EXPECT_EQ(Claim(""),
            "the readings in it are a copy of one, not a log of its own: give "
            "another folder");
}

TEST_F(OriginTest, ALogOfItsOwnDoesNotBecomeACopy) {
  WriteMany("Oslo", 1);
  EXPECT_EQ(Claim("one"),
            "the readings in it are a log of its own, not a copy of one: give "
            "another folder");
  EXPECT_EQ(Claim(""), "");
}

TEST_F(OriginTest, KnowsALogOfItsOwnWhateverItIsToCopy) {
  EXPECT_TRUE(CheckIsCopy(writer_->db()).ok());
  WriteMany("Oslo", 1);
  EXPECT_EQ(CheckIsCopy(writer_->db()),
            absl::FailedPreconditionError("the readings in it are a log of its "
                                          "own, not a copy: give another "
                                          "folder"));
}

TEST_F(OriginTest, ACopyStaysOneWhateverIsNotKnownYet) {
  EXPECT_EQ(Claim("one"), "");
  WriteMany("Oslo", 1);
  EXPECT_TRUE(CheckIsCopy(writer_->db()).ok());
}

}  // namespace
}  // namespace happiness
