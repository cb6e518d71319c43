#ifndef SERVICE_LOGGING_H_
#define SERVICE_LOGGING_H_

namespace happiness {

// Lets the libraries log through spdlog, as we do. What gRPC and Protobuf have
// to say about a request that is at fault is for debugging only: the client
// gets a status. SPDLOG_LEVEL=debug in the environment shows it.
//
// Call it when spdlog has its default logger, before gRPC is used.
void SetUpLogging();

}  // namespace happiness

#endif  // SERVICE_LOGGING_H_
