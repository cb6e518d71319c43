// RecordReading: one reading into the log.

#ifndef SERVICE_RPC_RECORD_READING_H_
#define SERVICE_RPC_RECORD_READING_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "service/rpc/open_streams.h"
#include "service/rpc/recorder.h"

namespace happiness {

// Starts the reactor of a call, which answers when the log has the reading.
// `response` is what gRPC gave for the answer; what `recorder` points to must
// outlive the call.
grpc::ServerUnaryReactor* StartRecordReading(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    grpc::ByteBuffer* response, const Recorder& recorder,
    const OpenStreams& streams);

}  // namespace happiness

#endif  // SERVICE_RPC_RECORD_READING_H_
