#include "bridge/transcode/wire_check.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/bridge/testing/rooms.pb.h"

namespace bridge {
namespace {

using ::testing::HasSubstr;
using testing::Integers;
using testing::Room;

// In pieces of three bytes.
absl::Status Check(const google::protobuf::Descriptor& type,
                   std::string_view bytes) {
  google::protobuf::io::ArrayInputStream in(bytes.data(),
                                            static_cast<int>(bytes.size()), 3);
  return CheckWire(type, &in, bytes.size());
}

std::string FaultOf(std::string_view bytes) {
  const absl::Status status = Check(*Room::descriptor(), bytes);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  Room room;
  EXPECT_FALSE(
      room.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      << "protobuf takes it";
  return std::string(status.message());
}

Room Furnished() {
  Room room;
  room.set_name("São");
  room.set_size(-1);
  room.set_level(7.5);
  room.add_tags("a");
  room.set_key("\xFF\xFE");
  room.set_warmth(1.5f);
  room.mutable_built_time()->set_seconds(1);
  (*room.mutable_labels())["k"] = "v";
  room.add_parts()->mutable_next_door()->set_floor(300);
  (*room.mutable_extras()->mutable_fields())["a"].set_bool_value(true);
  return room;
}

TEST(WireCheckTest, TakesMessagesOfEveryKindOfField) {
  EXPECT_TRUE(Check(*Room::descriptor(), "").ok());
  EXPECT_TRUE(Check(*Room::descriptor(), Furnished().SerializeAsString()).ok());
  Integers integers;
  integers.set_int32(-1);
  integers.set_sint64(-1);
  integers.set_fixed32(1);
  integers.set_fixed64(1);
  integers.set_sfixed64(-1);
  for (int i = -1; i < 300; ++i) integers.add_many(i);
  EXPECT_TRUE(
      Check(*Integers::descriptor(), integers.SerializeAsString()).ok());
}

TEST(WireCheckTest, SaysOfEveryCutMessageWhatProtobufSays) {
  const std::string bytes = Furnished().SerializeAsString();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    EXPECT_EQ(Check(*Room::descriptor(), cut).ok(), Room().ParseFromString(cut))
        << size;
  }
}

TEST(WireCheckTest, SaysOfEveryChangedByteWhatProtobufSays) {
  const std::string bytes = Furnished().SerializeAsString();
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(byte);
      ASSERT_EQ(Check(*Room::descriptor(), changed).ok(),
                Room().ParseFromString(changed))
          << i << " " << byte;
    }
  }
}

TEST(WireCheckTest, NamesTheFieldAtFault) {
  EXPECT_THAT(FaultOf("\x10"), HasSubstr("Room.size: its bytes"));
  EXPECT_THAT(FaultOf("\x0A\x05x"), HasSubstr("Room.name: its bytes"));
  EXPECT_THAT(FaultOf("\x0A\x02\xC3("), HasSubstr("Room.name: must be valid"));
  EXPECT_THAT(FaultOf("\x82\x01\x02\x10\x80"), HasSubstr("Room.size: "));
  EXPECT_THAT(FaultOf("\x7B\x10\x01"), HasSubstr("Room"));  // no group's end
  EXPECT_THAT(FaultOf("\x0A\x80\x80\x80\x80\x80\x7F"),      // dropped bits
              HasSubstr("Room.name: its bytes"));
  EXPECT_THAT(FaultOf("\x14"), HasSubstr("Room"));  // an end of none
  EXPECT_THAT(FaultOf("\x0F"), HasSubstr("Room"));  // no such wire type
  EXPECT_THAT(FaultOf(std::string_view("\0\0", 2)), HasSubstr("Room"));
}

TEST(WireCheckTest, WhatIsNotKnownIsPassedOver) {
  for (std::string_view bytes : {
           "\xF8\x07\x01",              // another number
           "\x12\x02\xFF\xFF",          // size, as text
           "\xFB\x07\x08\x01\xFC\x07",  // a group
       }) {
    EXPECT_TRUE(Check(*Room::descriptor(), bytes).ok());
  }
}

TEST(WireCheckTest, IsAsDeepAsProtobufIs) {
  Room room;
  for (int depth = 1; depth < 110; ++depth) {
    Room around;
    *around.mutable_next_door() = room;
    room = around;
    const std::string bytes = room.SerializeAsString();
    EXPECT_EQ(Check(*Room::descriptor(), bytes).ok(),
              Room().ParseFromString(bytes))
        << depth;
  }
}

}  // namespace
}  // namespace bridge
