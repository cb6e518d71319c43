#include "bridge/http/api_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/bridge/testing/descriptors.h"
#include "tests/bridge/testing/rooms.pb.h"

namespace bridge {
namespace {

namespace http = boost::beast::http;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class ApiRequestTest : public ::testing::Test {
 protected:
  static RequestHeader Header(std::string method, std::string target) {
    RequestHeader header;
    header.version(11);
    header.method_string(method);
    header.target(target);
    return header;
  }

  ApiRequest Understood(const RequestHeader& header, bool websocket = false) {
    auto request = Understand(header, websocket, catalog_);
    EXPECT_TRUE(request.ok()) << request.status().ToString();
    return request.ok() ? *std::move(request) : ApiRequest{};
  }

  // Why it is refused.
  absl::Status Refusal(const RequestHeader& header) {
    return Understand(header, false, catalog_).status();
  }

  template <typename Message>
  static Message MessageOf(const ApiRequest& request) {
    Message message;
    EXPECT_TRUE(message.ParseFromString(request.message));
    return message;
  }

  const std::shared_ptr<const Catalog> catalog_ =
      *Catalog::Make(testing::FilesOf(*testing::Room::descriptor()->file()),
                     {"bridge.testing.Rooms"});
};

TEST_F(ApiRequestTest, FillsTheMessageFromPathAndQuery) {
  ApiRequest request =
      Understood(Header("GET", "/v1/rooms/S%C3%A3o?view=2&id=a+b"));
  EXPECT_EQ(request.method().descriptor->name(), "GetRoom");
  auto message = MessageOf<testing::GetRoomRequest>(request);
  EXPECT_EQ(message.name(), "rooms/São");
  EXPECT_EQ(message.view(), 2);
  EXPECT_EQ(message.id(), "a b");
}

TEST_F(ApiRequestTest, KeepsTheCatalogThatItsRoutePointsInto) {
  ApiRequest request = Understood(Header("GET", "/v1/rooms/7"));
  EXPECT_EQ(request.catalog, catalog_);
}

TEST_F(ApiRequestTest, TakesThePathBesideABodyThatIsTheWholeMessage) {
  ApiRequest request = Understood(Header("PUT", "/v1/rooms/7"));
  EXPECT_EQ(MessageOf<testing::GetRoomRequest>(request).name(), "rooms/7");
  EXPECT_EQ(request.route.body.kind, Body::kWhole);
}

TEST_F(ApiRequestTest, TakesThePathWithinTheBodysField) {
  ApiRequest request =
      Understood(Header("PATCH", "/v1/rooms/7?validateOnly=true"));
  auto message = MessageOf<testing::CreateRoomRequest>(request);
  EXPECT_EQ(message.room().name(), "rooms/7");
  EXPECT_TRUE(message.validate_only());
}

TEST_F(ApiRequestTest, RefusesAQueryBesideABodyThatIsTheWholeMessage) {
  absl::Status status = Refusal(Header("PUT", "/v1/rooms/7?view=2"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"view\""));
}

TEST_F(ApiRequestTest, RefusesWhatCatalogDoesNotFind) {
  EXPECT_EQ(Refusal(Header("GET", "/nowhere")).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Refusal(Header("GET", "*")).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Refusal(Header("PUT", "/v1/rooms")).code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Refusal(Header("BREW", "/v1/rooms")).code(),
            absl::StatusCode::kUnimplemented);
}

TEST_F(ApiRequestTest, RefusesParametersByName) {
  struct Case {
    const char* target;
    const char* name;
  };
  for (const Case& test : {
           Case{"/v1/rooms/7?nobody=1", "\"nobody\""},
           Case{"/v1/rooms/7?view=abc", "\"view\""},
           Case{"/v1/rooms/7?view=1&view=2", "\"view\""},
           Case{"/v1/rooms/7?id=%FF", "\"id\""},
           Case{"/v1/rooms/7?id=%f", "\"id\""},
           Case{"/v1/rooms/7?name=rooms/8", "\"name\""},
           Case{"/v1/rooms/%FF", "\"name\""},
       }) {
    absl::Status status = Refusal(Header("GET", test.target));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << test.target;
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.name));
  }
}

TEST_F(ApiRequestTest, CarriesTheClientsCredentialsAndNothingElse) {
  RequestHeader header = Header("GET", "/v1/rooms/7");
  EXPECT_THAT(Understood(header).metadata, IsEmpty());
  header.set(http::field::cookie, "a=b");
  header.set("X-Anything", "x");
  EXPECT_THAT(Understood(header).metadata, IsEmpty());
  header.set(http::field::authorization, "Bearer abc~ DEF");
  EXPECT_THAT(Understood(header).metadata,
              ElementsAre(Pair("authorization", "Bearer abc~ DEF")));
}

TEST_F(ApiRequestTest, TakesTheTokenOfAWebSocketFromItsSubprotocols) {
  RequestHeader header = Header("GET", "/v1/rooms/7:watch");
  header.set(http::field::sec_websocket_protocol, "bearer ,\tabc.d-e_f");
  EXPECT_THAT(Understood(header, /*websocket=*/true).metadata,
              ElementsAre(Pair("authorization", "Bearer abc.d-e_f")));
  EXPECT_THAT(Understood(header).metadata, IsEmpty());
  header.set(http::field::authorization, "Bearer header");
  EXPECT_THAT(Understood(header, /*websocket=*/true).metadata,
              ElementsAre(Pair("authorization", "Bearer header")));
}

TEST_F(ApiRequestTest, RefusesABearerSubprotocolWithoutAToken) {
  for (const char* value :
       {"bearer", "bearer,", "bearer, a, b", "bearer, a\xff\xfe",
        "bearer, a\tb", "bearer, \x7f"}) {
    RequestHeader header = Header("GET", "/v1/rooms/7:watch");
    header.set(http::field::sec_websocket_protocol, value);
    const absl::Status status =
        Understand(header, /*websocket=*/true, catalog_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << value;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("sec-websocket-protocol"));
  }
}

TEST_F(ApiRequestTest, RefusesCredentialsThatGrpcCannotCarry) {
  for (const char* value : {"Bearer é", "a\tb", "\x7F", "\xFF"}) {
    RequestHeader header = Header("GET", "/v1/rooms/7");
    header.set(http::field::authorization, value);
    absl::Status status = Refusal(header);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << value;
    EXPECT_THAT(std::string(status.message()), HasSubstr("authorization"));
  }
}

TEST_F(ApiRequestTest, ChoosesTheWireByWhatIsAccepted) {
  struct Case {
    const char* accept;
    Framing framing;
  };
  for (const Case& test :
       {Case{"", Framing::kNdjson}, Case{"*/*", Framing::kNdjson},
        Case{"application/json", Framing::kNdjson},
        Case{"text/event-stream", Framing::kEventStream},
        Case{"text/html, text/event-stream;q=0.5", Framing::kEventStream}}) {
    RequestHeader header = Header("GET", "/v1/rooms/7:watch");
    if (*test.accept != '\0') header.set(http::field::accept, test.accept);
    Wire wire = Understood(header).wire;
    EXPECT_EQ(wire.framing, test.framing) << test.accept;
    EXPECT_TRUE(wire.chunked);
  }
}

TEST_F(ApiRequestTest, SendsNoChunksToAnOldClient) {
  RequestHeader header = Header("GET", "/v1/rooms/7:watch");
  header.version(10);
  EXPECT_FALSE(Understood(header).wire.chunked);
}

TEST_F(ApiRequestTest, AWebSocketIsOneWhateverIsAccepted) {
  RequestHeader header = Header("GET", "/v1/rooms/7:watch");
  header.set(http::field::accept, "text/event-stream");
  Wire wire = Understood(header, /*websocket=*/true).wire;
  EXPECT_EQ(wire.framing, Framing::kWebSocket);
}

TEST_F(ApiRequestTest, TheSameQueryInAnyOrderIsTheSameMessage) {
  EXPECT_EQ(Understood(Header("GET", "/v1/rooms/7?view=2&id=x")).message,
            Understood(Header("GET", "/v1/rooms/7?id=x&view=2")).message);
}

TEST(FieldOfTest, IsEmptyWhereThereIsNone) {
  RequestHeader header;
  EXPECT_EQ(FieldOf(header, http::field::host), "");
  header.set(http::field::host, "a:1");
  EXPECT_EQ(FieldOf(header, http::field::host), "a:1");
}

}  // namespace
}  // namespace bridge
