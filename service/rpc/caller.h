// Who makes a call, for the log.

#ifndef SERVICE_RPC_CALLER_H_
#define SERVICE_RPC_CALLER_H_

#include <grpcpp/server_context.h>

#include <string>

namespace happiness {

// "ipv4:127.0.0.1:40000", and the call's x-request-id, if it has a good one:
// see bridge::IsRequestId.
std::string DescribeCaller(const grpc::CallbackServerContext& context);

}  // namespace happiness

#endif  // SERVICE_RPC_CALLER_H_
