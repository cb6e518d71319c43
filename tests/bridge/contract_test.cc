// An upstream that comes back with another contract: real ones, at one port.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/bridge/testing/contract_server.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kWatch[] = "/notes.Notes/Watch";
constexpr char kGet[] = "/notes.Notes/Get";

// A contract of a Note with these fields, and of these methods besides Watch
// and Get.
google::protobuf::FileDescriptorProto Contract(const std::string& fields,
                                               const std::string& methods) {
  google::protobuf::FileDescriptorProto file;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat(
          R"(name: "notes.proto" package: "notes" syntax: "proto3"
             message_type { name: "Ask" }
             message_type { name: "Note" )",
          fields, R"( }
             service { name: "Notes"
               method { name: "Watch" input_type: ".notes.Ask"
                        output_type: ".notes.Note" server_streaming: true }
               method { name: "Get" input_type: ".notes.Ask"
                        output_type: ".notes.Note" } )",
          methods, " }"),
      &file));
  return file;
}

constexpr char kText[] =
    R"(field { name: "text" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL })";
constexpr char kTextIsANumber[] =
    R"(field { name: "text" number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL })";
constexpr char kStars[] =
    R"(field { name: "stars" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL })";
constexpr char kMore[] =
    R"(method { name: "More" input_type: ".notes.Ask"
                output_type: ".notes.Note" server_streaming: true })";

constexpr char kMoreAtStreams[] =
    R"(method { name: "More" input_type: ".notes.Ask"
                output_type: ".notes.Note" server_streaming: true
                options { [google.api.http] { get: "/streams" } } })";

// Notes, as bytes.
constexpr char kOne[] = "\x0A\x03one";
constexpr char kTwoWithStars[] = "\x0A\x03two\x10\x07";
constexpr char kFive[] = "\x08\x05";

class ContractTest : public ::testing::Test {
 protected:
  // Every method sends this note.
  void Serve(const google::protobuf::FileDescriptorProto& contract,
             const std::string& note) {
    const int port = server_ == nullptr ? 0 : server_->port();
    server_.reset();
    if (bridge_ != nullptr) {
      EXPECT_TRUE(Eventually([&] { return !IsReady(); }));
    }
    server_ = std::make_unique<ContractServer>(
        contract,
        std::map<std::string, std::string>{
            {"Watch", note}, {"Get", note}, {"More", note}},
        port);
    ASSERT_NE(server_->port(), 0);
    if (bridge_ == nullptr) {
      Options options = TestOptions();
      options.upstream.target = absl::StrCat("127.0.0.1:", server_->port());
      bridge_ = StartReady(std::move(options));
    }
    EXPECT_TRUE(Eventually([&] { return IsReady(); }));
  }

  bool IsReady() { return Get(port(), "/readyz").status == 200; }

  // An event stream's first bytes, until this text.
  std::string ReadEvents(const std::string& path, const std::string& until) {
    RawClient client(port());
    client.Send(EventsOf(path));
    return client.ReadUntil(until);
  }

  static std::string EventsOf(const std::string& path) {
    return absl::StrCat("GET ", path,
                        " HTTP/1.1\r\nHost: h\r\n"
                        "Accept: text/event-stream\r\n\r\n");
  }

  int port() const { return bridge_->port(); }

  std::unique_ptr<ContractServer> server_;
  std::unique_ptr<Bridge> bridge_;
};

TEST_F(ContractTest, ANewFieldIsInAnswersAndNewStreamsAndOldOnesGoOn) {
  Serve(Contract(kText, ""), kOne);
  WebSocketClient viewer(port(), kWatch);
  EXPECT_THAT(viewer.Read(), HasSubstr(R"("text":"one")"));

  Serve(Contract(absl::StrCat(kText, kStars), ""), kTwoWithStars);
  // With the types that it began with.
  EXPECT_THAT(viewer.Read(),
              AllOf(HasSubstr(R"("text":"two")"), Not(HasSubstr("stars"))));
  EXPECT_THAT(Post(port(), kGet, "{}").body,
              AllOf(HasSubstr(R"("text":"two")"), HasSubstr(R"("stars":7)")));
  WebSocketClient next(port(), kWatch);
  EXPECT_THAT(next.Read(), HasSubstr(R"("stars":7)"));
  ReadEvents(kWatch, R"("stars":7)");
}

TEST_F(ContractTest, WhatTheContractHasAtStreamsGoesBeforeTheBridgesOwn) {
  Serve(Contract(kText, kMoreAtStreams), kOne);
  WebSocketClient viewer(port(), "/streams");
  EXPECT_EQ(viewer.Read(), R"({"text":"one"})");

  Serve(Contract(kText, ""), kOne);
  WebSocketClient socket(port(), "/streams");
  socket.Write(R"({"open":{"id":1,"method":"notes.Notes/Watch"}})");
  EXPECT_EQ(socket.Read(), R"({"id":1,"opened":{}})");
}

TEST_F(ContractTest, ANewMethodIsThereAndOneThatIsGoneEndsItsViewers) {
  Serve(Contract(kText, ""), kOne);
  EXPECT_EQ(Get(port(), "/notes.Notes/More").status, 404);

  Serve(Contract(kText, kMore), kOne);
  WebSocketClient viewer(port(), "/notes.Notes/More");
  EXPECT_THAT(viewer.Read(), HasSubstr(R"("text":"one")"));
  RawClient events(port());
  events.Send(EventsOf("/notes.Notes/More"));
  events.ReadUntil(R"("text":"one")");
  WebSocketClient other(port(), kWatch);
  EXPECT_THAT(other.Read(), HasSubstr("one"));

  Serve(Contract(kText, ""), kOne);
  EXPECT_THAT(viewer.Read(),
              AllOf(HasSubstr("UNIMPLEMENTED"), HasSubstr("no such method")));
  EXPECT_EQ(viewer.AwaitClose(), 4012);
  EXPECT_THAT(events.ReadToEnd(), HasSubstr("UNIMPLEMENTED"));
  EXPECT_THAT(other.Read(), HasSubstr("one"));
  EXPECT_EQ(Get(port(), "/notes.Notes/More").status, 404);
  RawClient late(port());
  late.Upgrade("/notes.Notes/More");
  late.ReadUntil(CloseBytes(4005));
}

TEST_F(ContractTest, AFieldOfAnotherTypeIsReadSoByWhoeverComesAfterwards) {
  Serve(Contract(kText, ""), kOne);
  WebSocketClient viewer(port(), kWatch);
  EXPECT_THAT(viewer.Read(), HasSubstr(R"("text":"one")"));

  Serve(Contract(kTextIsANumber, ""), kFive);
  // By the types that it began with the field is not there.
  EXPECT_THAT(viewer.Read(), Not(HasSubstr("5")));
  EXPECT_THAT(Post(port(), kGet, "{}").body, HasSubstr(R"("text":5)"));
  WebSocketClient next(port(), kWatch);
  EXPECT_THAT(next.Read(), HasSubstr(R"("text":5)"));
  ReadEvents(kWatch, R"("text":5)");
}

}  // namespace
}  // namespace bridge::testing
