// What the libraries have to say, in our own log.

#ifndef BRIDGE_LIBRARY_LOGS_H_
#define BRIDGE_LIBRARY_LOGS_H_

namespace bridge {

// Lets gRPC and Protobuf log through spdlog, as we do, and takes the log's
// level from SPDLOG_LEVEL in the environment.
//
// Most of what they say is of a request that is at fault, and for debugging
// only: the client gets a status. What gRPC calls an error is a warning, such
// as a client without a certificate, which nobody else hears of; there may be
// many, so it is said each 10 seconds at the most.
//
// Call it when spdlog has its default logger, before gRPC is used.
void LogLibraries();

}  // namespace bridge

#endif  // BRIDGE_LIBRARY_LOGS_H_
