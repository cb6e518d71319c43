#include "bridge/transcode/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/bridge/testing/rooms.pb.h"

namespace bridge {
namespace {

using ::testing::AllOf;
using testing::CreateRoomRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Room;

using Parameters = std::vector<Parameter>;

class RequestTest : public ::testing::Test {
 protected:
  // The message that query and path make; fails the test if they make none.
  template <typename Message>
  Message Make(const Parameters& query, const Parameters& bound = {},
               const Body& body = {}) {
    auto serialized = MessageFromParameters(codec_, *Message::descriptor(),
                                            body, query, bound);
    Message message;
    EXPECT_TRUE(serialized.ok()) << serialized.status().ToString();
    EXPECT_TRUE(serialized.ok() && message.ParseFromString(*serialized));
    return message;
  }

  template <typename Message>
  std::string Refusal(const Parameters& query, const Parameters& bound = {},
                      const Body& body = {}) {
    auto serialized = MessageFromParameters(codec_, *Message::descriptor(),
                                            body, query, bound);
    EXPECT_EQ(serialized.status().code(), absl::StatusCode::kInvalidArgument)
        << ::testing::PrintToString(query);
    return std::string(serialized.status().message());
  }

  const JsonCodec codec_{google::protobuf::DescriptorPool::generated_pool()};
  const Body room_body_ = {
      Body::kField, CreateRoomRequest::descriptor()->FindFieldByName("room")};
};

TEST_F(RequestTest, NoParametersMakeAnEmptyMessage) {
  EXPECT_EQ(*MessageFromParameters(codec_, *Room::descriptor(), {}, {}, {}),
            "");
}

TEST_F(RequestTest, FillsFieldsOfEveryScalarType) {
  Room room = Make<Room>({{"name", "São \"1\"\\"},
                          {"size", "-9223372036854775808"},
                          {"kind", "KIND_HALL"},
                          {"level", "7.25"},
                          {"open", "true"},
                          {"key", "aGk="},
                          {"floor", "4294967295"},
                          {"warmth", "0.5"},
                          {"glass", "x"}});
  EXPECT_EQ(room.name(), "São \"1\"\\");
  EXPECT_EQ(room.size(), INT64_MIN);
  EXPECT_EQ(room.kind(), testing::KIND_HALL);
  EXPECT_EQ(room.level(), 7.25);
  EXPECT_TRUE(room.open());
  EXPECT_EQ(room.key(), "hi");
  EXPECT_EQ(room.floor(), UINT32_MAX);
  EXPECT_EQ(room.warmth(), 0.5f);
  EXPECT_EQ(room.glass(), "x");
}

TEST_F(RequestTest, FillsMessagesThatAreOneValueInJson) {
  Room room = Make<Room>({{"built_time", "1970-01-01T00:01:00Z"},
                          {"heating_period", "1.5s"},
                          {"rent", "12.5"}});
  EXPECT_EQ(room.built_time().seconds(), 60);
  EXPECT_EQ(room.heating_period().nanos(), 500'000'000);
  EXPECT_EQ(room.rent().value(), 12.5);
}

TEST_F(RequestTest, AnEnumMayBeGivenByItsNumber) {
  EXPECT_EQ(Make<Room>({{"kind", "1"}}).kind(), testing::KIND_OFFICE);
}

TEST_F(RequestTest, AZeroSetsAFieldThatHasPresence) {
  EXPECT_TRUE(Make<Room>({{"level", "0"}}).has_level());
  EXPECT_FALSE(Make<Room>({{"name", "x"}}).has_level());
}

TEST_F(RequestTest, AFieldMayBeNamedInLowerCamelCaseOrAsInTheProto) {
  auto request = Make<CreateRoomRequest>({{"roomId", "7"},
                                          {"validate_only", "true"},
                                          {"room.nextDoor.name", "x"}});
  EXPECT_EQ(request.room_id(), "7");
  EXPECT_TRUE(request.validate_only());
  EXPECT_EQ(request.room().next_door().name(), "x");
}

TEST_F(RequestTest, ARepeatedFieldIsNamedAgainAndKeepsItsOrder) {
  Room room = Make<Room>({{"tags", "b"}, {"name", "x"}, {"tags", "a"}},
                         {{"tags", "c"}});
  EXPECT_THAT(room.tags(), ElementsAre("b", "a", "c"));
}

TEST_F(RequestTest, FieldsOfOneNestedMessageMerge) {
  auto request = Make<CreateRoomRequest>(
      {{"room.name", "x"}, {"room.size", "5"}, {"room.next_door.floor", "2"}});
  EXPECT_EQ(request.room().name(), "x");
  EXPECT_EQ(request.room().size(), 5);
  EXPECT_EQ(request.room().next_door().floor(), 2u);
}

TEST_F(RequestTest, TheOrderOfParametersDoesNotChangeTheBytes) {
  Parameters parameters = {
      {"name", "x"}, {"size", "5"}, {"nextDoor.name", "y"}, {"open", "true"}};
  Parameters same = {
      {"name", "x"}, {"size", "5"}, {"next_door.name", "y"}, {"open", "true"}};
  std::string bytes =
      *MessageFromParameters(codec_, *Room::descriptor(), {}, parameters, {});
  std::sort(same.begin(), same.end());
  do {
    EXPECT_EQ(*MessageFromParameters(codec_, *Room::descriptor(), {}, same, {}),
              bytes);
  } while (std::next_permutation(same.begin(), same.end()));
  EXPECT_EQ(*MessageFromParameters(codec_, *Room::descriptor(), {},
                                   {same[0], same[1]}, {same[2], same[3]}),
            bytes);
}

TEST_F(RequestTest, AnUnknownFieldIsRefusedByName) {
  for (const char* name : {"nobody", "", ".", "name.", ".name", "name.x",
                           "next_door.nobody", "next_door..name", "NAME",
                           "next-door", "name\"", "bridge.testing.Room.name"}) {
    EXPECT_THAT(Refusal<Room>({{name, "x"}}), HasSubstr("no such field"))
        << name;
  }
  EXPECT_THAT(Refusal<Room>({{"next_door.nobody", "x"}}),
              HasSubstr("\"next_door.nobody\""));
}

TEST_F(RequestTest, AValueThatDoesNotFitIsRefusedByNameWithItsType) {
  struct Case {
    const char* name;
    const char* value;
    const char* type;
  };
  for (const Case& test : std::vector<Case>{
           {"size", "abc", "int64"},
           {"size", "", "int64"},
           {"size", "1.5", "int64"},
           {"size", " 1", "int64"},
           {"size", "9223372036854775808", "int64"},
           {"floor", "-1", "uint32"},
           {"floor", "4294967296", "uint32"},
           {"level", "abc", "double"},
           {"level", "", "double"},
           {"level", "7,5", "double"},
           {"level", "1e999", "double"},
           {"level", "5}", "double"},
           {"open", "perhaps", "bool"},
           {"open", "", "bool"},
           {"kind", "KIND_GARDEN", "enum"},
           {"kind", "", "enum"},
           {"built_time", "yesterday", "google.protobuf.Timestamp"},
           {"heating_period", "5", "google.protobuf.Duration"},
           {"rent", "x", "google.protobuf.DoubleValue"},
       }) {
    EXPECT_THAT(Refusal<Room>({{test.name, test.value}}),
                AllOf(HasSubstr(test.name), HasSubstr(test.value),
                      HasSubstr(test.type)))
        << test.name << "=" << test.value;
  }
}

TEST_F(RequestTest, AValueCannotBreakOutOfItsJson) {
  EXPECT_EQ(Make<Room>({{"name", R"(x","size":"7)"}}).size(), 0);
  EXPECT_EQ(Make<Room>({{"name", {"a\0\n\"b", 5}}}).name(),
            std::string("a\0\n\"b", 5));
}

TEST_F(RequestTest, TextThatIsNotUtf8IsRefusedByName) {
  EXPECT_THAT(Refusal<Room>({}, {{"name", "a\xFF"}}),
              AllOf(HasSubstr("\"name\""), HasSubstr("UTF-8")));
}

TEST_F(RequestTest, AFieldThatIsNotRepeatedMayNotBeGivenTwice) {
  EXPECT_THAT(Refusal<Room>({{"size", "1"}, {"name", "x"}, {"size", "1"}}),
              AllOf(HasSubstr("\"size\""), HasSubstr("twice")));
  EXPECT_THAT(Refusal<Room>({{"nextDoor.name", "1"}, {"next_door.name", "1"}}),
              HasSubstr("twice"));
  EXPECT_THAT(Refusal<Room>({{"name", "a"}}, {{"name", "b"}}),
              HasSubstr("twice"));
}

TEST_F(RequestTest, AMessageIsToBeGivenFieldByField) {
  for (const char* name : {"next_door", "extras", "labels", "parts", "any"}) {
    EXPECT_THAT(Refusal<Room>({{name, "{}"}}), HasSubstr(name));
  }
  EXPECT_THAT(Refusal<Room>({{"parts.name", "x"}}), HasSubstr("repeated"));
  EXPECT_THAT(Refusal<Room>({{"labels.key", "x"}}), HasSubstr("repeated"));
}

TEST_F(RequestTest, TheQueryMayNotGiveWhatTheBodyGives) {
  EXPECT_THAT(Refusal<CreateRoomRequest>({{"room.name", "x"}}, {}, room_body_),
              AllOf(HasSubstr("room.name"), HasSubstr("body")));
  EXPECT_EQ(
      Make<CreateRoomRequest>({{"room_id", "7"}}, {}, room_body_).room_id(),
      "7");
  EXPECT_THAT(Refusal<CreateRoomRequest>({{"room_id", "7"}}, {},
                                         {Body::kWhole, nullptr}),
              AllOf(HasSubstr("room_id"), HasSubstr("body")));
}

TEST_F(RequestTest, ThePathMayGiveWhatTheBodyGives) {
  EXPECT_EQ(Make<CreateRoomRequest>({}, {{"room.name", "x"}}, room_body_)
                .room()
                .name(),
            "x");
  EXPECT_EQ(
      Make<CreateRoomRequest>({}, {{"room_id", "7"}}, {Body::kWhole, nullptr})
          .room_id(),
      "7");
}

// ---- Bodies.

TEST_F(RequestTest, TheBodyIsTheWholeMessage) {
  Room room;
  ASSERT_TRUE(room.ParseFromString(
      *MessageFromBody(codec_, *Room::descriptor(), {Body::kWhole, nullptr},
                       R"({"name":"x","level":0})")));
  EXPECT_EQ(room.name(), "x");
  EXPECT_TRUE(room.has_level());
}

TEST_F(RequestTest, TheBodyIsOneFieldOfTheMessage) {
  for (size_t size : {0, 1, 100, 127, 128, 20'000}) {
    std::string name(size, 'x');
    CreateRoomRequest request;
    ASSERT_TRUE(request.ParseFromString(
        *MessageFromBody(codec_, *CreateRoomRequest::descriptor(), room_body_,
                         "{\"name\":\"" + name + "\"}")));
    EXPECT_TRUE(request.has_room());
    EXPECT_EQ(request.room().name(), name);
  }
}

TEST_F(RequestTest, AnEmptyBodyFieldIsThereNevertheless) {
  CreateRoomRequest request;
  ASSERT_TRUE(request.ParseFromString(*MessageFromBody(
      codec_, *CreateRoomRequest::descriptor(), room_body_, "{}")));
  EXPECT_TRUE(request.has_room());
}

TEST_F(RequestTest, WithoutABodyTheMessageIsEmptyWhateverComes) {
  EXPECT_EQ(*MessageFromBody(codec_, *Room::descriptor(), {}, "{nonsense"), "");
}

TEST_F(RequestTest, ABodyThatDoesNotFitIsRefusedByItsField) {
  for (const Body& body : {Body{Body::kWhole, nullptr}, room_body_}) {
    auto message = MessageFromBody(codec_, *CreateRoomRequest::descriptor(),
                                   body, R"({"nobody":1})");
    ASSERT_EQ(message.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(message.status().message()), HasSubstr("nobody"));
  }
}

TEST_F(RequestTest, ThePathBehindTheBodyGoesBeforeIt) {
  const auto& type = *CreateRoomRequest::descriptor();
  std::string body = *MessageFromBody(codec_, type, room_body_,
                                      R"({"name":"rooms/2","size":5})");
  std::string path = *MessageFromParameters(codec_, type, room_body_, {},
                                            {{"room.name", "rooms/1"}});
  CreateRoomRequest request;
  ASSERT_TRUE(request.ParseFromString(body + path));
  EXPECT_EQ(request.room().name(), "rooms/1");
  EXPECT_EQ(request.room().size(), 5);
}

// ---- Variables.

TEST_F(RequestTest, AVariableMustBeAScalarFieldThatIsThere) {
  auto check = [](std::vector<std::string> names) {
    return CheckVariables(*Room::descriptor(), names);
  };
  EXPECT_TRUE(check({}).ok());
  EXPECT_TRUE(check({"name", "next_door.name", "builtTime"}).ok());
  for (const char* name : {"nobody", "next_door", "tags", "parts.name",
                           "next_door.tags", "labels", "name.x", ""}) {
    EXPECT_EQ(check({name}).code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_FALSE(check({"name", "name"}).ok());
  EXPECT_FALSE(check({"built_time", "builtTime"}).ok());
}

}  // namespace
}  // namespace bridge
