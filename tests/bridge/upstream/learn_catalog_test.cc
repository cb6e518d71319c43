#include "bridge/upstream/learn_catalog.h"

#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bridge/reflection/v1/reflection.pb.h"
#include "bridge/transcode/json_codec.h"

namespace bridge {
namespace {

using google::protobuf::FileDescriptorProto;
using reflection::v1::ServerReflectionRequest;
using reflection::v1::ServerReflectionResponse;

FileDescriptorProto File(const std::string& name) {
  FileDescriptorProto file;
  file.set_name(name);
  return file;
}

FileDescriptorProto FileThatImports(const std::string& name,
                                    const std::string& imported) {
  FileDescriptorProto file = File(name);
  file.add_dependency(imported);
  return file;
}

// A server of one service, "Bare", in the file "0", which imports "1". What
// other files it has the test says.
class Server {
 public:
  using Files =
      std::function<std::optional<FileDescriptorProto>(const std::string&)>;

  explicit Server(Files files) : files_(std::move(files)) {}

  absl::StatusOr<std::shared_ptr<const Catalog>> Learn() {
    return LearnCatalog(
        [this](grpc::ByteBuffer bytes) -> absl::StatusOr<grpc::ByteBuffer> {
          if (questions++ == answers) return absl::UnavailableError("gone");
          ServerReflectionRequest question;
          grpc::ProtoBufferReader reader(&bytes);
          EXPECT_TRUE(question.ParseFromZeroCopyStream(&reader));
          return ToByteBuffer(Answer(question).SerializeAsString());
        });
  }

  int questions = 0;
  int answers = -1;  // before it goes away

 private:
  static FileDescriptorProto Bare() {
    FileDescriptorProto file = FileThatImports("0", "1");
    file.add_message_type()->set_name("Empty");
    auto* service = file.add_service();
    service->set_name("Bare");
    auto* method = service->add_method();
    method->set_name("Call");
    method->set_input_type("Empty");
    method->set_output_type("Empty");
    return file;
  }

  ServerReflectionResponse Answer(const ServerReflectionRequest& question) {
    ServerReflectionResponse answer;
    if (question.has_list_services()) {
      answer.mutable_list_services_response()->add_service()->set_name("Bare");
      return answer;
    }
    const std::optional<FileDescriptorProto> file =
        question.has_file_containing_symbol()
            ? Bare()
            : files_(question.file_by_filename());
    if (file.has_value()) {
      answer.mutable_file_descriptor_response()->add_file_descriptor_proto(
          file->SerializeAsString());
    } else {
      answer.mutable_error_response()->set_error_message("unknown");
    }
    return answer;
  }

  const Files files_;
};

// Each file imports that of the next number.
FileDescriptorProto InARow(const std::string& name) {
  size_t number;
  EXPECT_TRUE(absl::SimpleAtoi(name, &number)) << name;
  return FileThatImports(name, absl::StrCat(number + 1));
}

TEST(LearnCatalogTest, AsksForEachFileThatAnotherImports) {
  Server server([](const std::string& name) {
    return name == "3" ? File(name) : InARow(name);
  });
  const auto catalog = server.Learn();
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_TRUE((*catalog)->Find("POST", "/Bare/Call").ok());
  EXPECT_EQ(server.questions, 5) << "for services, for Bare, for three files";
}

TEST(LearnCatalogTest, HasProtobufsOwnFilesWhereTheServerHasNot) {
  Server server(
      [](const std::string& name) -> std::optional<FileDescriptorProto> {
        if (name != "1") return std::nullopt;
        return FileThatImports(name, "google/protobuf/timestamp.proto");
      });
  const auto catalog = server.Learn();
  EXPECT_TRUE(catalog.ok()) << catalog.status();
}

TEST(LearnCatalogTest, AFileThatNobodyHasIsAnError) {
  Server server([](const std::string&) { return std::nullopt; });
  EXPECT_TRUE(absl::IsInvalidArgument(server.Learn().status()));
}

TEST(LearnCatalogTest, AServerThatGoesAwayInBetweenIsUnavailable) {
  for (int answers = 0; answers < 5; ++answers) {
    Server server(InARow);
    server.answers = answers;
    EXPECT_TRUE(absl::IsUnavailable(server.Learn().status())) << answers;
    EXPECT_EQ(server.questions, answers + 1);
  }
}

TEST(LearnCatalogTest, WhatIsNoAnswerIsAnError) {
  const auto catalog = LearnCatalog(
      [](const grpc::ByteBuffer&) { return ToByteBuffer("\xFF"); });
  EXPECT_TRUE(absl::IsInternal(catalog.status())) << catalog.status();
}

// ---- Bounds.

TEST(LearnCatalogTest, TakesAsManyFilesAsItHolds) {
  Server server([](const std::string& name) {
    FileDescriptorProto file = File(name);
    if (name != "1") return file;
    for (size_t i = 2; i < kMaxFiles; ++i) {
      file.add_dependency(absl::StrCat(i));
    }
    return file;
  });
  const auto catalog = server.Learn();
  EXPECT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_EQ(server.questions, 1 + kMaxFiles);
}

TEST(LearnCatalogTest, RefusesFilesWithoutEnd) {
  Server server(InARow);
  EXPECT_TRUE(absl::IsResourceExhausted(server.Learn().status()));
  EXPECT_EQ(server.questions, 1 + kMaxFiles);
}

TEST(LearnCatalogTest, RefusesImportsWithoutEnd) {
  Server server([](const std::string& name) {
    FileDescriptorProto file = File(name);
    for (size_t i = 1; i <= kMaxFiles; ++i)
      file.add_dependency(absl::StrCat(i));
    return file;
  });
  EXPECT_TRUE(absl::IsResourceExhausted(server.Learn().status()));
  EXPECT_EQ(server.questions, 3);
}

TEST(LearnCatalogTest, RefusesBytesWithoutEnd) {
  constexpr size_t kFileBytes = 4 << 20;
  Server server([](const std::string& name) {
    FileDescriptorProto file = InARow(name);
    file.set_package(std::string(kFileBytes, 'x'));
    return file;
  });
  EXPECT_TRUE(absl::IsResourceExhausted(server.Learn().status()));
  EXPECT_EQ(server.questions, 2 + kMaxFileMemory / kFileBytes);
}

TEST(LearnCatalogTest, AsksForAFileOnce) {
  Server server(
      [](const std::string&) { return FileThatImports("2", "missing"); });
  EXPECT_TRUE(absl::IsInvalidArgument(server.Learn().status()));
  // For the services, what has the service, "1", and "missing".
  EXPECT_EQ(server.questions, 4);
}

// Two bytes on the wire may take hundreds here.
TEST(LearnCatalogTest, RefusesMemoryWithoutEnd) {
  Server server([](const std::string& name) {
    FileDescriptorProto file = InARow(name);
    for (int i = 0; i < 100'000; ++i) file.add_message_type();
    return file;
  });
  EXPECT_TRUE(absl::IsResourceExhausted(server.Learn().status()));
  EXPECT_LT(server.questions, 10);
}

TEST(LearnCatalogTest, RefusesANameThatIsNotUtf8) {
  Server server(
      [](const std::string& name) { return FileThatImports(name, "\xFF"); });
  EXPECT_TRUE(absl::IsInvalidArgument(server.Learn().status()));
  EXPECT_EQ(server.questions, 3) << "it can't be asked for";
}

}  // namespace
}  // namespace bridge
