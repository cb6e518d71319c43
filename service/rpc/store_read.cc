#include "service/rpc/store_read.h"

#include <spdlog/spdlog.h>

#include "service/request/grpc_status.h"
#include "service/rpc/caller.h"
#include "service/store/read_error.h"

namespace happiness {
namespace {

// Runs `read`, for as long as somebody waits for it.
absl::StatusOr<grpc::ByteBuffer> Answer(
    const grpc::CallbackServerContext& context, const OpenStreams& streams,
    StoreRead read, Database& db) {
  const auto go_on = [&]() -> absl::Status {
    if (context.IsCancelled()) {
      return absl::CancelledError("the client is gone");
    }
    return streams.shutting_down() ? ShuttingDown() : absl::OkStatus();
  };
  if (absl::Status status = go_on(); !status.ok()) return status;
  absl::StatusOr<grpc::ByteBuffer> answer = std::move(read)(db, go_on);
  if (answer.ok() || streams.shutting_down()) return answer;
  return ForReader(answer.status());
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
    spdlog::debug("a read for {} is refused: {}", DescribeCaller(*context),
                  status.ToString());
    reactor->Finish(ToGrpcStatus(status));
  }
  return reactor;
}

}  // namespace happiness
