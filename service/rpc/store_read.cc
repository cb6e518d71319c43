#include "service/rpc/store_read.h"

#include <spdlog/spdlog.h>

#include "service/request/grpc_status.h"

namespace happiness {
namespace {

// Runs `read`, unless nobody waits for it any more.
absl::StatusOr<grpc::ByteBuffer> Answer(
    const grpc::CallbackServerContext& context, const OpenStreams& streams,
    StoreRead read, Database& db) {
  if (context.IsCancelled()) return absl::CancelledError("the client is gone");
  if (streams.shutting_down()) return ShuttingDown();
  absl::StatusOr<grpc::ByteBuffer> answer = std::move(read)(db);
  // A store that can't be read is no mistake of the client's.
  if (absl::IsDataLoss(answer.status()) || absl::IsInternal(answer.status()) ||
      absl::IsUnavailable(answer.status())) {
    spdlog::error("the store can't be read: {}", answer.status().ToString());
  }
  return answer;
}

}  // namespace

grpc::ServerUnaryReactor* StartStoreRead(grpc::CallbackServerContext* context,
                                         absl::StatusOr<StoreRead> read,
                                         grpc::ByteBuffer* response,
                                         ReadPool* pool,
                                         const OpenStreams* streams) {
  // Lives until the call is done, which is after Finish.
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::Status status = read.status();
  if (streams->shutting_down()) status = ShuttingDown();
  if (status.ok()) {
    status = pool->Run([context, read = *std::move(read), response, streams,
                        reactor](Database& db) mutable {
      absl::StatusOr<grpc::ByteBuffer> answer =
          Answer(*context, *streams, std::move(read), db);
      if (answer.ok()) *response = *std::move(answer);
      reactor->Finish(ToGrpcStatus(answer.status()));
    });
  }
  if (!status.ok()) {
    spdlog::debug("a read for {} is refused: {}", context->peer(),
                  status.ToString());
    reactor->Finish(ToGrpcStatus(status));
  }
  return reactor;
}

}  // namespace happiness
