#include "bridge/upstream/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "google/api/annotations.pb.h"
#include "tests/bridge/testing/descriptors.h"
#include "tests/bridge/testing/rooms.pb.h"

namespace bridge {
namespace {

using google::protobuf::FileDescriptorSet;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr char kRooms[] = "bridge.testing.Rooms";
constexpr char kBadPositions[] = "bridge.testing.BadPositions";
constexpr char kBadRules[] = "bridge.testing.BadRules";

FileDescriptorSet AllFiles() {
  return testing::FilesOf(*testing::Room::descriptor()->file());
}

std::shared_ptr<const Catalog> Make(FileDescriptorSet files,
                                    std::vector<std::string> services) {
  auto catalog = Catalog::Make(std::move(files), std::move(services));
  EXPECT_TRUE(catalog.ok()) << catalog.status().ToString();
  return catalog.ok() ? *catalog : nullptr;
}

class CatalogTest : public ::testing::Test {
 protected:
  Route Find(std::string_view http_method, std::string_view path) {
    auto route = catalog_->Find(http_method, path);
    EXPECT_TRUE(route.ok()) << route.status().ToString();
    return route.ok() ? *route : Route{};
  }

  // The name of the method to which this leads.
  std::string Leads(std::string_view http_method, std::string_view path) {
    auto route = catalog_->Find(http_method, path);
    return route.ok() ? route->method->descriptor->name() : "nowhere";
  }

  const Method& MethodOf(std::string_view name) {
    for (const Method& method : catalog_->methods()) {
      if (method.descriptor->name() == name) return method;
    }
    ADD_FAILURE() << "no method " << name;
    return catalog_->methods().front();
  }

  const std::shared_ptr<const Catalog> catalog_ = Make(AllFiles(), {kRooms});
};

// ---- Routes.

TEST_F(CatalogTest, EveryMethodIsAtItsOwnNameByPost) {
  for (const Method& method : catalog_->methods()) {
    Route route = Find("POST", method.path);
    EXPECT_EQ(route.method, &method) << method.path;
    EXPECT_EQ(route.body.kind, Body::kWhole);
    EXPECT_THAT(route.bound, IsEmpty());
  }
  EXPECT_EQ(catalog_->methods().size(), 10u);
  EXPECT_EQ(Leads("POST", "/bridge.testing.Rooms/GetRoom"), "GetRoom");
}

TEST_F(CatalogTest, OnlyAStreamIsAtItsOwnNameByGet) {
  Route route = Find("GET", "/bridge.testing.Rooms/WatchRoom");
  EXPECT_EQ(route.method->descriptor->name(), "WatchRoom");
  EXPECT_EQ(route.body.kind, Body::kNone);
  for (const char* name : {"GetRoom", "CreateRoom", "UploadRooms", "Chat"}) {
    std::string path = std::string("/bridge.testing.Rooms/") + name;
    EXPECT_EQ(catalog_->Find("GET", path).status().code(),
              absl::StatusCode::kUnimplemented)
        << name;
  }
}

TEST_F(CatalogTest, ARuleWithoutABodyTakesItsFieldsFromPathAndQuery) {
  Route route = Find("GET", "/v1/rooms/7");
  EXPECT_EQ(route.method->descriptor->name(), "GetRoom");
  EXPECT_EQ(route.body.kind, Body::kNone);
  EXPECT_THAT(route.bound, ElementsAre(Pair("name", "rooms/7")));
}

TEST_F(CatalogTest, ARulesBodyMayBeOneField) {
  Route route = Find("POST", "/v1/rooms");
  EXPECT_EQ(route.method->descriptor->name(), "CreateRoom");
  EXPECT_EQ(route.body.kind, Body::kField);
  ASSERT_NE(route.body.field, nullptr);
  EXPECT_EQ(route.body.field->full_name(),
            "bridge.testing.CreateRoomRequest.room");
}

TEST_F(CatalogTest, ARulesBodyMayBeTheWholeMessageBesideThePath) {
  Route route = Find("PUT", "/v1/rooms/7");
  EXPECT_EQ(route.method->descriptor->name(), "ReplaceRoom");
  EXPECT_EQ(route.body.kind, Body::kWhole);
  EXPECT_THAT(route.bound, ElementsAre(Pair("name", "rooms/7")));
}

TEST_F(CatalogTest, EachHttpMethodHasARouteOfItsOwn) {
  EXPECT_EQ(Leads("GET", "/v1/rooms/7"), "GetRoom");
  EXPECT_EQ(Leads("PUT", "/v1/rooms/7"), "ReplaceRoom");
  EXPECT_EQ(Leads("PATCH", "/v1/rooms/7"), "UpdateRoom");
  EXPECT_EQ(Leads("DELETE", "/v1/rooms/7"), "DeleteRoom");
  EXPECT_EQ(Leads("HEAD", "/v1/rooms/7"), "GetRoom") << "a custom pattern";
  EXPECT_EQ(Leads("get", "/v1/rooms/7"), "nowhere") << "case matters";
}

TEST_F(CatalogTest, AdditionalBindingsLeadToTheSameMethod) {
  EXPECT_EQ(Leads("GET", "/v1/rooms/largest"), "GetRoom");
}

TEST_F(CatalogTest, ALiteralIsTriedBeforeAWildcard) {
  EXPECT_THAT(Find("GET", "/v1/rooms/largest").bound, IsEmpty());
  EXPECT_THAT(Find("GET", "/v1/rooms/large").bound,
              ElementsAre(Pair("name", "rooms/large")));
}

TEST_F(CatalogTest, AVerbIsTriedBeforeTheWildcardThatAlsoMatches) {
  EXPECT_EQ(Leads("GET", "/v1/rooms/7:watch"), "WatchRoom");
  EXPECT_THAT(Find("GET", "/v1/rooms/7:watch").bound,
              ElementsAre(Pair("name", "rooms/7")));
  EXPECT_EQ(Leads("POST", "/v1/rooms/7:close"), "CloseRoom");
  EXPECT_EQ(Leads("GET", "/v1/rooms/7:other"), "GetRoom");
}

TEST_F(CatalogTest, APathVariableMayReachIntoTheBodysField) {
  Route route = Find("PATCH", "/v1/rooms/7");
  EXPECT_EQ(route.body.kind, Body::kField);
  EXPECT_THAT(route.bound, ElementsAre(Pair("room.name", "rooms/7")));
}

TEST_F(CatalogTest, AnOpenEndedPathBindsTheRest) {
  EXPECT_THAT(Find("GET", "/v1/rooms/7/files/a/b%20c").bound,
              ElementsAre(Pair("name", "rooms/7/files/a/b c")));
}

TEST_F(CatalogTest, APathThatIsNotThereIsNotFound) {
  for (const char* path :
       {"/", "/v1", "/v1/rooms/", "/v1/rooms/7/", "/v1/rooms/7/8", "", "*",
        "/bridge.testing.Rooms", "/bridge.testing.Rooms/Nothing",
        "/bridge.testing.BadRules/First", "/v1/rooms/%zz"}) {
    EXPECT_EQ(catalog_->Find("GET", path).status().code(),
              absl::StatusCode::kNotFound)
        << path;
    EXPECT_EQ(catalog_->AllowedMethods(path), "") << path;
  }
}

TEST_F(CatalogTest, AnotherHttpMethodIsToldWhichOnesThereAre) {
  auto route = catalog_->Find("PUT", "/v1/rooms");
  ASSERT_EQ(route.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(route.status().message()), HasSubstr("POST"));
  EXPECT_EQ(catalog_->AllowedMethods("/v1/rooms"), "POST");
  EXPECT_EQ(catalog_->AllowedMethods("/v1/rooms/7"),
            "DELETE, GET, HEAD, PATCH, PUT");
  EXPECT_EQ(catalog_->AllowedMethods("/bridge.testing.Rooms/WatchRoom"),
            "GET, POST");
}

// ---- Rules that can't be served.

TEST(CatalogWarningsTest, GoodRulesGiveNone) {
  EXPECT_THAT(Make(AllFiles(), {kRooms})->warnings(), IsEmpty());
}

TEST(CatalogWarningsTest, EachBadRuleIsToldWithItsMethodAndWhatIsWrong) {
  std::vector<std::string> warnings = Make(AllFiles(), {kBadRules})->warnings();
  auto warning = [](std::string_view method, std::string_view what) {
    return AllOf(
        HasSubstr("/bridge.testing.BadRules/" + std::string(method) + ":"),
        HasSubstr(std::string(what)));
  };
  EXPECT_THAT(
      warnings,
      UnorderedElementsAre(
          warning("NoSlash", "no-slash"), warning("RestBeforeEnd", "**"),
          warning("NoPattern", "no HTTP method"),
          warning("AnyHttpMethod", "no HTTP method"),
          warning("UnknownVariable", "nobody"),
          warning("MessageVariable", "room"),
          warning("RepeatedVariable", "room.tags"),
          warning("VariableTwice", "name"), warning("UnknownBody", "nobody"),
          warning("ScalarBody", "name"), warning("RepeatedBody", "parts"),
          warning("Second", "BadRules/First already")));
}

TEST(CatalogWarningsTest, AMethodWithABadRuleIsStillAtItsOwnName) {
  auto catalog = Make(AllFiles(), {kBadRules});
  EXPECT_EQ(catalog->methods().size(), 13u);
  for (const Method& method : catalog->methods()) {
    EXPECT_TRUE(catalog->Find("POST", method.path).ok()) << method.path;
  }
  EXPECT_EQ(catalog->Find("GET", "/bad/x").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(catalog->Find("GET", "/taken/x")->method->descriptor->name(),
            "First");
}

// The first of its two methods would have the second's path, by these rules.
FileDescriptorSet Greedy(const std::vector<std::string>& paths) {
  FileDescriptorSet files;
  auto* file = files.add_file();
  file->set_name("greedy.proto");
  file->add_dependency("google/api/annotations.proto");
  file->add_message_type()->set_name("Empty");
  auto* service = file->add_service();
  service->set_name("Greedy");
  for (const char* name : {"Able", "Baker"}) {
    auto* method = service->add_method();
    method->set_name(name);
    method->set_input_type(".Empty");
    method->set_output_type(".Empty");
  }
  auto* rule = service->mutable_method(0)->mutable_options()->MutableExtension(
      google::api::http);
  for (const std::string& path : paths) {
    auto* one = rule->has_post() ? rule->add_additional_bindings() : rule;
    one->set_post(path);
    one->set_body("*");
  }
  const auto* annotations =
      google::protobuf::DescriptorPool::generated_pool()->FindFileByName(
          file->dependency(0));
  files.MergeFrom(testing::FilesOf(*annotations));
  return files;
}

TEST(CatalogWarningsTest, NoRuleTakesTheOwnPathOfAnotherMethod) {
  auto catalog =
      Make(Greedy({"/Greedy/Baker", "/Greedy/*", "/**"}), {"Greedy"});
  EXPECT_EQ(catalog->Find("POST", "/Greedy/Baker")->method->path,
            "/Greedy/Baker");
  EXPECT_EQ(catalog->Find("POST", "/Greedy/Other")->method->path,
            "/Greedy/Able");
  EXPECT_THAT(catalog->warnings(),
              ElementsAre(AllOf(HasSubstr("/Greedy/Able: its google.api.http"),
                                HasSubstr("leads to /Greedy/Baker already"))));
}

TEST(CatalogMakeTest, ThereMayNotBeTooManyRoutes) {
  std::vector<std::string> paths;
  while (paths.size() < Catalog::kMaxRoutes - 2) {
    paths.push_back("bad " + std::to_string(paths.size()));
  }
  EXPECT_EQ(Make(Greedy(paths), {"Greedy"})->warnings().size(), paths.size());
  paths.push_back("one more");
  EXPECT_THAT(
      std::string(Catalog::Make(Greedy(paths), {"Greedy"}).status().message()),
      HasSubstr("are more than 10000"));
}

TEST(CatalogMakeTest, AServiceThatIsNamedTwiceIsOne) {
  EXPECT_EQ(Make(AllFiles(), {kRooms, kRooms})->methods().size(), 10u);
}

TEST(CatalogMakeTest, TheOrderOfFilesWithTheSameNameDoesNotMatter) {
  google::protobuf::FileDescriptorSet files;
  for (const int methods : {1, 2}) {
    auto* file = files.add_file();
    file->set_name("a.proto");
    file->add_message_type()->set_name("A");
    auto* service = file->add_service();
    service->set_name("S");
    for (int i = 0; i < methods; ++i) {
      auto* method = service->add_method();
      method->set_name("M" + std::to_string(i));
      method->set_input_type("A");
      method->set_output_type("A");
    }
  }
  const auto catalog = Catalog::Make(files);
  files.mutable_file()->SwapElements(0, 1);
  const auto same = Catalog::Make(files);
  ASSERT_TRUE(catalog.ok() && same.ok());
  EXPECT_EQ((*catalog)->methods().size(), (*same)->methods().size());
  EXPECT_TRUE((*catalog)->SameAs(**same));
}

// ---- Positions.

TEST_F(CatalogTest, KnowsTheFieldsOfAStreamsPosition) {
  const PositionFields& fields = MethodOf("WatchRoom").position;
  EXPECT_TRUE(fields.resumable());
  EXPECT_EQ(fields.cursor->name(), "size");
  EXPECT_EQ(fields.after->name(), "after_size");
  EXPECT_FALSE(MethodOf("GetRoom").position.resumable());
}

TEST(CatalogMakeTest, LeavesOutAPositionThatCantBeUsed) {
  auto catalog = Make(AllFiles(), {kBadPositions});
  EXPECT_THAT(catalog->warnings(),
              ElementsAre(AllOf(
                  HasSubstr("/bridge.testing.BadPositions/WatchRoom: its "
                            "bridge.v1.stream_position is left out: after: "),
                  HasSubstr("no field \"name\" that is a single integer"))));
  EXPECT_EQ(catalog->methods().front().position.cursor, nullptr);
}

// ---- Making.

TEST(CatalogMakeTest, TakesAllServicesIfNoneAreNamed) {
  EXPECT_EQ(Make(AllFiles(), {})->methods().size(), 24u);
}

TEST(CatalogMakeTest, TheOrderOfTheFilesDoesNotMatter) {
  FileDescriptorSet files = AllFiles();
  std::reverse(files.mutable_file()->begin(), files.mutable_file()->end());
  auto reversed = Make(files, {kRooms});
  EXPECT_EQ(reversed->methods().size(), 10u);
  EXPECT_TRUE(reversed->SameAs(*Make(AllFiles(), {kRooms})));
}

TEST(CatalogMakeTest, AServiceThatIsNotInTheFilesIsAnError) {
  auto catalog = Catalog::Make(AllFiles(), {"no.such.Service"});
  ASSERT_EQ(catalog.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(catalog.status().message()),
              HasSubstr("no.such.Service"));
}

TEST(CatalogMakeTest, AFileThatIsMissingIsAnError) {
  FileDescriptorSet files = AllFiles();
  auto* all = files.mutable_file();
  all->erase(std::remove_if(all->begin(), all->end(),
                            [](const auto& file) {
                              return file.name() ==
                                     "google/protobuf/struct.proto";
                            }),
             all->end());
  ASSERT_LT(files.file_size(), AllFiles().file_size());
  EXPECT_EQ(Catalog::Make(files).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(CatalogMakeTest, ABrokenDefinitionIsAnError) {
  FileDescriptorSet files = AllFiles();
  for (auto& file : *files.mutable_file()) {
    if (file.service_size() == 0) continue;
    file.mutable_message_type(0)->mutable_field(0)->set_number(-1);
  }
  const absl::Status status = Catalog::Make(files, {kRooms}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("file rooms.proto: bridge.testing.Room.name: "))
      << "it says what is broken";
}

TEST(CatalogMakeTest, NoServiceIsNotFound) {
  EXPECT_EQ(Catalog::Make({}).status().code(), absl::StatusCode::kNotFound);
  FileDescriptorSet files = AllFiles();
  for (auto& file : *files.mutable_file()) file.clear_service();
  EXPECT_EQ(Catalog::Make(files).status().code(), absl::StatusCode::kNotFound);
}

// `count` files in a row of which each imports the next; the first has a
// service.
FileDescriptorSet Row(int count) {
  FileDescriptorSet files;
  for (int i = 0; i < count; ++i) {
    auto* file = files.add_file();
    file->set_name(std::to_string(i));
    if (i + 1 < count) file->add_dependency(std::to_string(i + 1));
  }
  auto* first = files.mutable_file(0);
  first->add_message_type()->set_name("Empty");
  auto* service = first->add_service();
  service->set_name("Bare");
  auto* method = service->add_method();
  method->set_name("Call");
  method->set_input_type(".Empty");
  method->set_output_type(".Empty");
  return files;
}

TEST(CatalogMakeTest, AServiceOutsideAnyPackageIsServed) {
  EXPECT_TRUE(Make(Row(1), {})->Find("POST", "/Bare/Call").ok());
}

TEST(CatalogMakeTest, ImportsMayNotBeTooDeep) {
  constexpr int kMost = Catalog::kMaxImportDepth;
  EXPECT_TRUE(Make(Row(kMost), {})->Find("POST", "/Bare/Call").ok());
  for (int count : {kMost + 1, 100 * kMost}) {
    absl::Status status = Catalog::Make(Row(count)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("more than 100 deep"));
  }
}

TEST(CatalogMakeTest, ImportsMayNotBeACircle) {
  FileDescriptorSet files = Row(3);
  files.mutable_file(2)->add_dependency("1");
  EXPECT_EQ(Catalog::Make(files).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// ---- Comparing.

TEST(CatalogSameAsTest, TheSameFilesAndServicesAreTheSame) {
  auto catalog = Make(AllFiles(), {kRooms, kBadRules, kBadPositions});
  EXPECT_TRUE(
      catalog->SameAs(*Make(AllFiles(), {kBadPositions, kBadRules, kRooms})));
  EXPECT_TRUE(catalog->SameAs(*Make(AllFiles(), {})));
}

TEST(CatalogSameAsTest, AnotherServiceOfTheSameFileIsADifference) {
  EXPECT_FALSE(
      Make(AllFiles(), {kRooms})->SameAs(*Make(AllFiles(), {kBadRules})));
  EXPECT_FALSE(Make(AllFiles(), {kRooms})->SameAs(*Make(AllFiles(), {})));
}

TEST(CatalogSameAsTest, AChangedFieldIsADifference) {
  FileDescriptorSet files = AllFiles();
  for (auto& file : *files.mutable_file()) {
    if (file.service_size() == 0) continue;
    auto* field = file.mutable_message_type(0)->add_field();
    field->set_name("new_field");
    field->set_number(1000);
    field->set_type(google::protobuf::FieldDescriptorProto::TYPE_INT32);
    field->set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  }
  EXPECT_FALSE(Make(AllFiles(), {kRooms})->SameAs(*Make(files, {kRooms})));
}

TEST_F(CatalogTest, SpeaksTheTypesOfItsFiles) {
  auto route = Find("GET", "/v1/rooms/7");
  auto message =
      catalog_->codec().FromJson(route.method->output(), R"({"size":"5"})");
  testing::Room room;
  ASSERT_TRUE(message.ok() && room.ParseFromString(*message));
  EXPECT_EQ(room.size(), 5);
}

}  // namespace
}  // namespace bridge
