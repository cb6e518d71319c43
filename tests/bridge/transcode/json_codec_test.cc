#include "bridge/transcode/json_codec.h"

#include <gmock/gmock.h>
#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "bridge/transcode/utf8.h"
#include "tests/bridge/testing/rooms.pb.h"

namespace bridge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Room;
using ::testing::StartsWith;

class JsonCodecTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message) {
    return codec_.ToJson(*message.GetDescriptor(),
                         ToByteBuffer(message.SerializeAsString()));
  }

  // The room that the JSON says; fails the test if there is none.
  Room FromJson(std::string_view json) {
    auto serialized = codec_.FromJson(*Room::descriptor(), json);
    EXPECT_TRUE(serialized.ok()) << json << serialized.status().ToString();
    Room room;
    EXPECT_TRUE(serialized.ok() && room.ParseFromString(*serialized));
    return room;
  }

  // Why it is refused.
  std::string Refusal(std::string_view json) {
    auto serialized = codec_.FromJson(*Room::descriptor(), json);
    EXPECT_EQ(serialized.status().code(), absl::StatusCode::kInvalidArgument)
        << json;
    return std::string(serialized.status().message());
  }

  const JsonCodec codec_{google::protobuf::DescriptorPool::generated_pool()};
};

TEST_F(JsonCodecTest, WritesLowerCamelCaseAndInt64AsText) {
  Room room;
  room.set_name("rooms/1");
  room.set_size(9007199254740993);
  room.mutable_built_time()->set_seconds(1);
  EXPECT_EQ(
      *ToJson(room),
      R"({"name":"rooms/1","size":"9007199254740993","builtTime":"1970-01-01T00:00:01Z"})");
}

TEST_F(JsonCodecTest, AZeroWithPresenceIsWritten) {
  Room room;
  room.set_level(0);
  EXPECT_EQ(*ToJson(room), R"({"level":0})");
}

TEST_F(JsonCodecTest, AMessageWithNoFieldSetIsAnEmptyObject) {
  EXPECT_EQ(*ToJson(Room()), "{}");
  EXPECT_EQ(*codec_.ToJson(*Room::descriptor(), grpc::ByteBuffer()), "{}");
}

TEST_F(JsonCodecTest, WhateverIsInTheTextTheJsonStaysOnOneLine) {
  Room room;
  room.set_name("a\nb\r\"\\\t\x01\u2028é😀");
  std::string json = *ToJson(room);
  EXPECT_EQ(json.find_first_of("\r\n"), json.npos) << json;
  EXPECT_EQ(FromJson(json).name(), room.name());
}

TEST_F(JsonCodecTest, AMessageInManySlicesIsWhole) {
  Room room;
  room.set_name(std::string(10'000, 'x') + "end");
  std::string bytes = room.SerializeAsString();
  std::array<grpc::Slice, 3> slices = {grpc::Slice(bytes.substr(0, 2)),
                                       grpc::Slice(bytes.substr(2, 5000)),
                                       grpc::Slice(bytes.substr(5002))};
  auto json = codec_.ToJson(*Room::descriptor(),
                            grpc::ByteBuffer(slices.data(), slices.size()));
  EXPECT_EQ(FromJson(*json).name(), room.name());
}

TEST_F(JsonCodecTest, AFieldThatThisPoolDoesNotKnowIsLeftOut) {
  EXPECT_EQ(
      *codec_.ToJson(*Room::descriptor(), ToByteBuffer("\xF8\x07\x01\x10\x05")),
      R"({"size":"5"})");
}

TEST_F(JsonCodecTest, BytesThatAreNoMessageAreRefused) {
  for (const char* bytes : {"\x0B", "\x0F\x01", "\x10", "\x0A\x7Fshort",
                            "\xFF\xFF\xFF", "\x0A\xFF\xFF"}) {
    auto json = codec_.ToJson(*Room::descriptor(), ToByteBuffer(bytes));
    EXPECT_EQ(json.status().code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(json.status().message()),
                StartsWith("the upstream sent a message which is not a valid "
                           "bridge.testing.Room: bridge.testing.Room"));
  }
}

TEST_F(JsonCodecTest, AnAnyOfATypeThatThisPoolDoesNotKnowIsRefused) {
  Room room;
  room.mutable_any()->set_type_url("type.googleapis.com/no.such.Type");
  room.mutable_any()->set_value("x");
  auto json = ToJson(room);
  ASSERT_EQ(json.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(json.status().message()),
              HasSubstr("bridge.testing.Room"));
}

// A browser drops the whole connection for one text frame that is not UTF-8.
TEST_F(JsonCodecTest, AStringThatIsNotUtf8NeverReachesTheJson) {
  for (const char* name :
       {"\x0A\x03"
        "a\xFF"
        "b",
        "\x0A\x02\xC3\x28", "\x0A\x01\xE2", "\x0A\x03\xED\xA0\x80"}) {
    auto json = codec_.ToJson(*Room::descriptor(), ToByteBuffer(name));
    EXPECT_THAT(std::string(json.status().message()),
                HasSubstr("Room.name: must be valid UTF-8"));
  }
}

TEST_F(JsonCodecTest, ReadsBothSpellingsOfAFieldsName) {
  EXPECT_EQ(FromJson(R"({"builtTime":"1970-01-01T00:00:05Z"})")
                .built_time()
                .seconds(),
            5);
  EXPECT_EQ(FromJson(R"({"built_time":"1970-01-01T00:00:05Z"})")
                .built_time()
                .seconds(),
            5);
}

TEST_F(JsonCodecTest, ReadsNumbersAndTextsAsNumbers) {
  EXPECT_EQ(FromJson(R"({"size":"9007199254740993"})").size(),
            9007199254740993);
  EXPECT_EQ(FromJson(R"({"size":-3})").size(), -3);
  EXPECT_EQ(FromJson(R"({"level":"7.5"})").level(), 7.5);
  EXPECT_TRUE(FromJson(R"({"level":0})").has_level());
}

TEST_F(JsonCodecTest, ReadsNestedMessagesListsAndMaps) {
  Room room = FromJson(
      R"({"tags":["a","b"],"nextDoor":{"nextDoor":{"name":"x"}},
          "labels":{"k":"v"},"kind":"KIND_HALL","key":"aGk="})");
  EXPECT_EQ(room.tags_size(), 2);
  EXPECT_EQ(room.next_door().next_door().name(), "x");
  EXPECT_EQ(room.labels().at("k"), "v");
  EXPECT_EQ(room.kind(), testing::KIND_HALL);
  EXPECT_EQ(room.key(), "hi");
}

TEST_F(JsonCodecTest, AnEmptyObjectIsAnEmptyMessage) {
  EXPECT_EQ(*codec_.FromJson(*Room::descriptor(), "{}"), "");
  EXPECT_EQ(*codec_.FromJson(*Room::descriptor(), " \r\n{ }\t"), "");
}

TEST_F(JsonCodecTest, WhatIsNoJsonObjectIsRefused) {
  for (const char* json : {"",
                           " ",
                           "null",
                           "true",
                           "1",
                           "\"x\"",
                           "[]",
                           "[{}]",
                           "{",
                           "}",
                           "{}}",
                           "{} {}",
                           "{\"name\"}",
                           "{\"name\":}",
                           "{\"name\":\"x\"",
                           "{,}",
                           "{\"name\":\"x}",
                           "name",
                           "{\"level\":1e}",
                           "{\"name\":\"\\ud800\"}"}) {
    EXPECT_NE(Refusal(json), "") << json;
  }
}

TEST_F(JsonCodecTest, TextThatIsNotUtf8IsRefused) {
  Refusal("{\"name\":\"a\xFF\"}");
  Refusal("{\"name\":\"\xC3\"}");
  Refusal("{\"na\xFFme\":\"a\"}");
}

TEST_F(JsonCodecTest, ARefusalNamesTheField) {
  EXPECT_THAT(Refusal(R"({"nobody":1})"), StartsWith("nobody: "));
  EXPECT_THAT(Refusal(R"({"nextDoor":{"nobody":1}})"),
              AllOf(HasSubstr("nobody"), HasSubstr("next")));
  EXPECT_THAT(Refusal(R"({"level":"abc"})"), StartsWith("level: invalid"));
  EXPECT_THAT(Refusal(R"({"size":1.5})"), StartsWith("size: "));
  EXPECT_THAT(Refusal(R"({"size":9223372036854775808})"), StartsWith("size: "));
  EXPECT_THAT(Refusal(R"({"floor":-1})"), StartsWith("floor: "));
  EXPECT_THAT(Refusal(R"({"kind":"KIND_GARDEN"})"), StartsWith("kind: "));
  EXPECT_THAT(Refusal(R"({"open":"perhaps"})"), StartsWith("open: "));
  EXPECT_THAT(Refusal(R"({"tags":["a",{}]})"), HasSubstr("tags"));
  EXPECT_THAT(Refusal(R"({"name":{}})"), HasSubstr("name"));
  EXPECT_THAT(Refusal(R"({"nextDoor":5})"), HasSubstr("next"));
  EXPECT_THAT(Refusal(R"({"builtTime":"yesterday"})"), HasSubstr("built"));
}

TEST_F(JsonCodecTest, ARefusalQuotesTheValueAsItWas) {
  EXPECT_THAT(Refusal(R"({"level":"about (5) or: so"})"),
              HasSubstr("about (5) or: so"));
}

TEST_F(JsonCodecTest, ARefusalSaysWhatItMustBe) {
  struct Case {
    const char* json;
    const char* rule;
  };
  for (const Case& c : {
           Case{"nonsense", "not valid JSON: "},
           Case{"{\"name\":", "not valid JSON: "},
           Case{"[]", "must be a JSON object"},
           Case{R"({"name":5})", "name: invalid value 5: must be a string"},
           Case{R"({"size":"x"})", ": must be an integer that fits"},
       }) {
    EXPECT_THAT(Refusal(c.json), HasSubstr(c.rule)) << c.json;
  }
}

TEST_F(JsonCodecTest, ARefusalQuotesInShort) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "é";
  for (const std::string& json : {
           "{\"level\":\"" + text + "\"}",
           "{\"" + text + "\":1}",
           "{\"nextDoor\":{\"" + text + "\":1}}",
           "{\"extras\":{\"a\":1},\"labels\":{\"" + text + "\":[]}}",
           "{\"any\":{\"@type\":\"" + text + "\",\"a\":1}}",
       }) {
    const std::string refusal = Refusal(json);
    EXPECT_LT(refusal.size(), 300u);
    EXPECT_TRUE(IsValidUtf8(refusal)) << refusal;
  }
  EXPECT_THAT(Refusal("{\"(" + text + "\":1}"),
              HasSubstr("é…: Cannot find field."));
  EXPECT_THAT(Refusal("{\"level\":\"" + text + "\"}"),
              AllOf(StartsWith("level: invalid value \"éé"),
                    HasSubstr("é…: must be a number")));
}

// Protobuf's own writer lets it pass, and the upstream can't read the result.
TEST_F(JsonCodecTest, AnObjectInAMapOfStringsIsRefused) {
  EXPECT_THAT(Refusal(R"({"labels":{"k":{}}})"),
              HasSubstr("Room.LabelsEntry.value: "));
}

TEST_F(JsonCodecTest, WhatIsAsDeepAsItMayBeCanBeTold) {
  constexpr size_t kMost = JsonCodec::kMaxJsonDepth;
  const auto lists = [](size_t depth) {
    return "{\"extras\":{\"a\":" + std::string(depth - 2, '[') +
           std::string(depth - 2, ']') + "}}";
  };
  const auto objects = [](size_t depth) {
    std::string json = "1";
    for (size_t i = 1; i < depth; ++i) json = "{\"a\":" + json + "}";
    return "{\"extras\":" + json + "}";
  };
  for (const std::string& json : {lists(kMost), objects(kMost)}) {
    EXPECT_EQ(*ToJson(FromJson(json)), json);
  }
  for (const std::string& json : {lists(kMost + 1), objects(kMost + 1)}) {
    EXPECT_EQ(Refusal(json), "objects and lists are more than 32 deep");
  }
}

TEST_F(JsonCodecTest, ARefusalIsOneLine) {
  for (const char* json : {"{\"name\":\n\"x\"\n!", "{\"level\":\"a\\nb\"}"}) {
    EXPECT_THAT(Refusal(json), Not(HasSubstr("\n"))) << json;
  }
}

TEST_F(JsonCodecTest, DeepNestingIsRefusedBeforeItCostsTheStack) {
  std::string deep = "{\"extras\":";
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  EXPECT_NE(Refusal(deep), "");
  std::string lists = "{\"extras\":{\"a\":" + std::string(100'000, '[');
  EXPECT_NE(Refusal(lists), "");
}

TEST_F(JsonCodecTest, DeepMessagesAreRefusedBeforeTheyCostTheStack) {
  std::string bytes;
  for (int i = 0; i < 5000; ++i) {
    std::string next = "\x82\x01";  // field 16, a message
    for (size_t size = bytes.size();; size >>= 7) {
      bool last = size < 0x80;
      next.push_back(static_cast<char>((size & 0x7F) | (last ? 0 : 0x80)));
      if (last) break;
    }
    bytes = next + bytes;
  }
  EXPECT_EQ(
      codec_.ToJson(*Room::descriptor(), ToByteBuffer(bytes)).status().code(),
      absl::StatusCode::kInternal);
}

TEST_F(JsonCodecTest, AnAnyOfATypeInThePoolIsWrittenOut) {
  Room inner;
  inner.set_name("x");
  Room room;
  room.mutable_any()->PackFrom(inner);
  EXPECT_THAT(*ToJson(room), HasSubstr(R"("name":"x")"));
}

TEST(ToByteBufferTest, HoldsTheBytes) {
  grpc::ByteBuffer buffer = ToByteBuffer({"a\0b", 3});
  EXPECT_TRUE(buffer.Valid());
  EXPECT_EQ(buffer.Length(), 3u);
  EXPECT_TRUE(ToByteBuffer("").Valid());
}

}  // namespace
}  // namespace bridge
