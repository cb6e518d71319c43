#ifndef SERVICE_LOGGING_H_
#define SERVICE_LOGGING_H_

namespace happiness {

// Sends everything that is logged, by us and by the libraries, to standard
// error through spdlog, so that standard output has the addresses alone. What
// gRPC and Protobuf have to say about a request that is at fault is for
// debugging only: the client gets a status. SPDLOG_LEVEL=debug in the
// environment shows it.
//
// Call it first in main().
void SetUpLogging();

}  // namespace happiness

#endif  // SERVICE_LOGGING_H_
