// Who may record, and who may read.

#ifndef SERVICE_ACCESS_ACCESS_H_
#define SERVICE_ACCESS_ACCESS_H_

#include <grpcpp/server_context.h>

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "service/access/pass.h"
#include "service/access/token_file.h"

namespace happiness {

// Thread-safe.
class Access {
 public:
  // Without a file everybody may.
  Access(std::unique_ptr<TokenFile> record, std::unique_ptr<TokenFile> read)
      : record_(std::move(record)), read_(std::move(read)) {}

  // The pass of who makes the call and may record. UNAUTHENTICATED otherwise,
  // with a message for the client.
  absl::StatusOr<Pass> ToRecord(
      const grpc::CallbackServerContext& context) const;

  // The same, of who may read.
  absl::StatusOr<Pass> ToRead(const grpc::CallbackServerContext& context) const;

  bool everybody_reads() const { return read_ == nullptr; }
  // May do all.
  bool everybody() const { return read_ == nullptr && record_ == nullptr; }

 private:
  const std::unique_ptr<TokenFile> record_;
  const std::unique_ptr<TokenFile> read_;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_ACCESS_H_
