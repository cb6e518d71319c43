// Who may record, and who may read.

#ifndef SERVICE_ACCESS_ACCESS_H_
#define SERVICE_ACCESS_ACCESS_H_

#include <grpcpp/server_context.h>

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "service/access/authority.h"
#include "service/access/pass.h"

namespace happiness {

// Thread-safe.
class Access {
 public:
  // Who says who may.
  struct Authorities {
    std::unique_ptr<Authority> record;  // by tokens that it knows
    std::unique_ptr<Authority> read;
    std::unique_ptr<Authority> jwt;  // by JWTs, for those below
    bool jwt_records = false;
    bool jwt_reads = false;
  };

  // Where nobody says who may everybody may.
  explicit Access(Authorities authorities)
      : authorities_(std::move(authorities)) {}

  // The pass of who makes the call and may record. UNAUTHENTICATED otherwise,
  // with a message for the client.
  absl::StatusOr<Pass> ToRecord(
      const grpc::CallbackServerContext& context) const;

  // The same, of who may read.
  absl::StatusOr<Pass> ToRead(const grpc::CallbackServerContext& context) const;

  bool everybody_reads() const { return Open(Readers()); }
  bool everybody_records() const { return Open(Recorders()); }

 private:
  // Those that are asked, none of which may be there.
  struct Asked {
    const char* what;  // for messages
    const Authority* tokens;
    const Authority* jwt;
  };

  Asked Recorders() const;
  Asked Readers() const;
  static bool Open(const Asked& asked) {
    return asked.tokens == nullptr && asked.jwt == nullptr;
  }
  static absl::StatusOr<Pass> Ask(const Asked& asked,
                                  const grpc::CallbackServerContext& context);

  const Authorities authorities_;
};

}  // namespace happiness

#endif  // SERVICE_ACCESS_ACCESS_H_
