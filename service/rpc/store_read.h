// Methods that one read of the store answers: checked on gRPC's thread, which
// must not wait for a disk, and read on one of the pool's.

#ifndef SERVICE_RPC_STORE_READ_H_
#define SERVICE_RPC_STORE_READ_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/log/entry.h"
#include "service/request/message_parsing.h"
#include "service/rpc/open_streams.h"
#include "service/store/database.h"
#include "service/store/go_on.h"
#include "service/store/read_pool.h"

namespace happiness {

// Reads an answer, and encodes it. What takes long asks `go_on` now and then.
using StoreRead = absl::AnyInvocable<absl::StatusOr<grpc::ByteBuffer>(
                                         Database&, GoOn go_on) &&>;

// Starts the reactor of a call, which `read` answers, or with whose error it
// ends. A call that is cancelled while it waits is not read. `response` is what
// gRPC gave for the answer; the rest must outlive the call.
grpc::ServerUnaryReactor* StartStoreRead(grpc::CallbackServerContext* context,
                                         absl::StatusOr<StoreRead> read,
                                         grpc::ByteBuffer* response,
                                         ReadPool* pool,
                                         const OpenStreams* streams);

// The read for `bytes`, a serialised `Request`. `to_query` makes of a Request a
// StatusOr of what `read`, with a Database and a GoOn, makes a StatusOr of the
// response of.
template <typename Request, typename ToQuery, typename Read>
absl::StatusOr<StoreRead> ToStoreRead(const grpc::ByteBuffer& bytes,
                                      ToQuery to_query, Read read) {
  Request request;
  if (absl::Status status = ParseMessage(bytes, &request); !status.ok()) {
    return status;
  }
  auto query = to_query(request);
  if (!query.ok()) return query.status();
  return [query = *std::move(query), read](
             Database& db, GoOn go_on) -> absl::StatusOr<grpc::ByteBuffer> {
    const auto response = read(db, query, go_on);
    if (!response.ok()) return response.status();
    return Encode(*response);
  };
}

}  // namespace happiness

#endif  // SERVICE_RPC_STORE_READ_H_
