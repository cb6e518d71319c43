// QueryHistory: the level over an interval.

#ifndef SERVICE_RPC_QUERY_HISTORY_H_
#define SERVICE_RPC_QUERY_HISTORY_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "service/rpc/backend.h"
#include "service/rpc/open_streams.h"

namespace happiness {

// Starts the reactor of a call. `response` is what gRPC gave for the answer;
// `streams`, and what `backend` points to, must outlive the call.
grpc::ServerUnaryReactor* StartQueryHistory(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    grpc::ByteBuffer* response, const Backend& backend,
    const OpenStreams* streams);

}  // namespace happiness

#endif  // SERVICE_RPC_QUERY_HISTORY_H_
