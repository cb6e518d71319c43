// Who may record, and who may read.

#ifndef SERVICE_ACCESS_ACCESS_H_
#define SERVICE_ACCESS_ACCESS_H_

#include <grpcpp/server_context.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "service/access/token_file.h"

namespace happiness {

// Thread-safe.
class Access {
 public:
  // Without a file everybody may.
  Access(std::unique_ptr<TokenFile> record, std::unique_ptr<TokenFile> read)
      : record_(std::move(record)), read_(std::move(read)) {}

  // Whether who makes the call may record, and the name of the token that
  // allows it, which is the source of what it records; empty where none is
  // needed. UNAUTHENTICATED otherwise, with a message for the client.
  absl::StatusOr<std::string> ToRecord(
      const grpc::CallbackServerContext& context) const;

  // Whether who makes the call may read.
  absl::Status ToRead(const grpc::CallbackServerContext& context) const;

  bool everybody_reads() const { return read_ == nullptr; }

 private:
  const std::unique_ptr<TokenFile> record_;
  const std::unique_ptr<TokenFile> read_;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_ACCESS_H_
