#include "bridge/upstream/position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/bridge/testing/rooms.pb.h"

namespace bridge {
namespace {

using ::testing::HasSubstr;
using testing::Integers;
using testing::WatchRoomRequest;

v1::StreamPosition Option(const std::string& cursor, const std::string& after,
                          const std::string& backlog = "",
                          const std::string& start_time = "") {
  v1::StreamPosition option;
  option.set_cursor(cursor);
  option.set_after(after);
  option.set_backlog(backlog);
  option.set_start_time(start_time);
  return option;
}

// WatchRoomRequest's, as its method names them.
PositionFields RoomFields() {
  return *FindPositionFields(Option("size", "after_size", "backlog", "since"),
                             *WatchRoomRequest::descriptor(),
                             *testing::Room::descriptor());
}

// Both the cursor and `after` are this field.
PositionFields FieldsOf(const std::string& name) {
  return *FindPositionFields(Option(name, name, name), *Integers::descriptor(),
                             *Integers::descriptor());
}

PositionedRequest Parts(const WatchRoomRequest& request) {
  return TakeApart(RoomFields(), request.SerializeAsString());
}

grpc::ByteBuffer Buffer(const std::string& bytes, size_t split = 0) {
  grpc::Slice slices[] = {grpc::Slice(bytes.substr(0, split)),
                          grpc::Slice(bytes.substr(split))};
  return grpc::ByteBuffer(slices, 2);
}

// ---- The option.

TEST(PositionTest, AMethodWithoutTheOptionHasNoFields) {
  auto fields = FindPositionFields({}, *WatchRoomRequest::descriptor(),
                                   *testing::Room::descriptor());
  ASSERT_TRUE(fields.ok());
  EXPECT_FALSE(fields->resumable());
  EXPECT_EQ(fields->backlog, nullptr);
}

TEST(PositionTest, WithoutACursorNothingIsResumable) {
  auto fields = FindPositionFields(Option("", "after_size"),
                                   *WatchRoomRequest::descriptor(),
                                   *testing::Room::descriptor());
  ASSERT_TRUE(fields.ok());
  EXPECT_FALSE(fields->resumable());
}

TEST(PositionTest, RefusesFieldsThatCantServe) {
  struct Case {
    v1::StreamPosition option;
    const char* says;
  };
  for (const Case& c : {
           Case{Option("nothing", ""),
                "cursor: bridge.testing.Integers has no"},
           Case{Option("text", ""), "cursor: "},
           Case{Option("many", ""), "cursor: "},
           Case{Option("inner", ""), "cursor: "},
           Case{Option("int64", "text"), "after: "},
           Case{Option("int64", "int32"), "another type"},
           Case{Option("int64", "uint64"), "another type"},
           Case{Option("int64", "sint64", "many"), "backlog: "},
           Case{Option("", "", "", "int64"), "google.protobuf.Timestamp"},
       }) {
    auto fields = FindPositionFields(c.option, *Integers::descriptor(),
                                     *Integers::descriptor());
    EXPECT_EQ(fields.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(fields.status().message()), HasSubstr(c.says));
  }
}

// ---- Requests.

TEST(PositionTest, ARequestWithoutOneStartsAtTheNewest) {
  WatchRoomRequest request;
  request.set_name("rooms/7");
  request.mutable_filter()->set_validate_only(true);  // its number is 3, too
  PositionedRequest parts = Parts(request);
  EXPECT_EQ(parts.position.kind, Position::Kind::kNewest);
  EXPECT_EQ(parts.shared, request.SerializeAsString());
}

TEST(PositionTest, TakesThePositionOutOfWhatIsShared) {
  WatchRoomRequest request;
  request.set_name("rooms/7");
  const std::string shared = request.SerializeAsString();
  request.set_after_size(-5);
  EXPECT_EQ(Parts(request).position.kind, Position::Kind::kAfter);
  EXPECT_EQ(Parts(request).position.value, -5);
  EXPECT_EQ(Parts(request).shared, shared);
  request.clear_after_size();
  request.set_backlog(0);
  EXPECT_EQ(Parts(request).position.kind, Position::Kind::kBacklog);
  EXPECT_EQ(Parts(request).position.value, 0);
  EXPECT_EQ(Parts(request).shared, shared);
}

TEST(PositionTest, LeavesWhatItCantJudgeToTheUpstream) {
  WatchRoomRequest negative;
  negative.set_backlog(-1);
  WatchRoomRequest time;
  time.mutable_since();  // the zero of time is a time, too
  WatchRoomRequest two;
  two.set_after_size(3);
  two.set_backlog(3);
  for (const WatchRoomRequest& request : {negative, time, two}) {
    EXPECT_EQ(Parts(request).position.kind, Position::Kind::kOther)
        << request.ShortDebugString();
    EXPECT_EQ(Parts(request).shared, "");
  }
}

TEST(PositionTest, OfAFieldThatIsThereTwiceTheLastCounts) {
  WatchRoomRequest first;
  first.set_after_size(1);
  WatchRoomRequest second;
  second.set_after_size(2);
  PositionedRequest parts = TakeApart(
      RoomFields(), first.SerializeAsString() + second.SerializeAsString());
  EXPECT_EQ(parts.position.kind, Position::Kind::kAfter);
  EXPECT_EQ(parts.position.value, 2);
}

TEST(PositionTest, WithoutCursorsTheUpstreamAloneKnows) {
  PositionFields fields = RoomFields();
  fields.cursor = nullptr;
  WatchRoomRequest request;
  request.set_after_size(3);
  EXPECT_EQ(TakeApart(fields, request.SerializeAsString()).position.kind,
            Position::Kind::kOther);
}

TEST(PositionTest, PutsAPositionIntoARequest) {
  WatchRoomRequest request;
  request.set_name("rooms/7");
  WatchRoomRequest after;
  ASSERT_TRUE(after.ParseFromString(
      StartAfter(RoomFields(), request.SerializeAsString(), 41)));
  EXPECT_EQ(after.name(), "rooms/7");
  EXPECT_EQ(after.after_size(), 41);
  EXPECT_FALSE(after.has_backlog());
  WatchRoomRequest backlog;
  ASSERT_TRUE(backlog.ParseFromString(
      StartWithBacklog(RoomFields(), request.SerializeAsString(), 12)));
  EXPECT_EQ(backlog.backlog(), 12);
}

// ---- Each kind of integer.

TEST(PositionTest, KnowsEveryKindOfInteger) {
  for (const char* name :
       {"int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
        "fixed64", "sfixed32", "sfixed64"}) {
    const PositionFields fields = FieldsOf(name);
    std::vector<int64_t> values = {0, 1, 127, 128,
                                   std::numeric_limits<int32_t>::max()};
    if (std::string(name).find('u') == std::string::npos &&
        !std::string(name).starts_with("fixed")) {
      values.push_back(-1);
      values.push_back(std::numeric_limits<int32_t>::min());
    }
    if (std::string(name).ends_with("64")) {
      values.push_back(std::numeric_limits<int64_t>::max());
    }
    for (int64_t value : values) {
      std::string request = StartAfter(fields, "", value);
      Integers message;
      ASSERT_TRUE(message.ParseFromString(request));
      const auto* field = fields.cursor;
      const auto* reflection = message.GetReflection();
      switch (field->cpp_type()) {
        case google::protobuf::FieldDescriptor::CPPTYPE_INT32:
          EXPECT_EQ(reflection->GetInt32(message, field), value) << name;
          break;
        case google::protobuf::FieldDescriptor::CPPTYPE_INT64:
          EXPECT_EQ(reflection->GetInt64(message, field), value) << name;
          break;
        case google::protobuf::FieldDescriptor::CPPTYPE_UINT32:
          EXPECT_EQ(reflection->GetUInt32(message, field), value) << name;
          break;
        default:
          EXPECT_EQ(reflection->GetUInt64(message, field),
                    static_cast<uint64_t>(value))
              << name;
      }
      EXPECT_EQ(TakeApart(fields, request).position.value, value) << name;
      grpc::ByteBuffer buffer = Buffer(request);
      EXPECT_EQ(CursorOf(fields, &buffer), value) << name;
    }
  }
}

TEST(PositionTest, KnowsHowFarEachKindReaches) {
  constexpr int64_t kWide = int64_t{1} << 32;
  EXPECT_TRUE(IsPossible(FieldsOf("int64"), -kWide));
  EXPECT_TRUE(IsPossible(FieldsOf("sint32"), -1));
  EXPECT_FALSE(IsPossible(FieldsOf("int32"), kWide));
  EXPECT_FALSE(IsPossible(FieldsOf("fixed32"), kWide));
  EXPECT_FALSE(IsPossible(FieldsOf("uint32"), -1));
  EXPECT_FALSE(IsPossible(FieldsOf("uint64"), -1));
  EXPECT_TRUE(IsPossible(FieldsOf("fixed64"), kWide));
}

// ---- Cursors.

TEST(PositionTest, FindsTheCursorAmongOtherFieldsAndAcrossSlices) {
  const PositionFields fields = FieldsOf("int64");
  Integers message;
  message.set_int32(7);
  message.set_int64(1'000'000'000'000);
  message.set_text(std::string(300, 'x'));
  message.mutable_inner()->set_int64(3);  // another message's
  const std::string bytes = message.SerializeAsString();
  for (size_t split = 0; split <= bytes.size(); ++split) {
    grpc::ByteBuffer buffer = Buffer(bytes, split);
    ASSERT_EQ(CursorOf(fields, &buffer), 1'000'000'000'000) << split;
    ASSERT_EQ(buffer.Length(), bytes.size());  // still there
  }
}

TEST(PositionTest, AMessageWithoutACursorHasZero) {
  const PositionFields fields = FieldsOf("int64");
  grpc::ByteBuffer empty = Buffer("");
  EXPECT_EQ(CursorOf(fields, &empty), 0);
  grpc::ByteBuffer invalid;
  EXPECT_EQ(CursorOf(fields, &invalid), 0);
}

TEST(PositionTest, WhatIsNoCursorOrNoMessageHasNone) {
  const PositionFields fields = FieldsOf("int64");
  for (const char* bytes : {
           "\x10",               // cut short
           "\x12\x01x",          // a text
           "\x10\x05\x12\x01x",  // both
           "\x10\x05\x5A\x05x",  // another field that is cut short
           "\x10\x05\x0F",
       }) {
    grpc::ByteBuffer buffer = Buffer(bytes);
    EXPECT_EQ(CursorOf(fields, &buffer), std::nullopt);
  }
}

}  // namespace
}  // namespace bridge
