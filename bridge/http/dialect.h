// In which protocol a request is written.

#ifndef BRIDGE_HTTP_DIALECT_H_
#define BRIDGE_HTTP_DIALECT_H_

#include <cstdint>
#include <string_view>

#include "bridge/http/request_header.h"

namespace bridge {

// What its header alone says of it, so that whoever is refused is told so in
// his own protocol.
struct Dialect {
  enum class Protocol : uint8_t {
    kPlain,    // JSON, NDJSON, server-sent events, a WebSocket
    kGrpcWeb,  // https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
    // https://connectrpc.com/docs/protocol
    kConnectUnary,
    kConnectGet,
    kConnectStream,
    kUnknown,  // a content of a type that nobody here reads
  };

  Protocol protocol = Protocol::kPlain;
  bool proto = false;         // messages are as gRPC has them; else JSON
  bool text = false;          // gRPC-Web's body is in base64
  bool answers_text = false;  // and so is to be its answer
  bool takes_gzip = false;    // an answer may be compressed

  // Of gRPC-Web or Connect: it calls a method by its own name.
  bool is_call() const {
    return protocol != Protocol::kPlain && protocol != Protocol::kUnknown;
  }
};

// `websocket` says that it asks for one.
Dialect DialectOf(const RequestHeader& header, bool websocket);

// The type of an answer's content.
std::string_view ContentTypeOf(const Dialect& dialect);

// The types of content that are read, for RFC 9110's Accept-Post.
inline constexpr char kTypesTaken[] =
    "application/json, application/x-ndjson, application/proto, "
    "application/connect+json, application/connect+proto, "
    "application/grpc-web+proto, application/grpc-web-text+proto";

// The WebSocket subprotocol for messages as gRPC has them, in binary frames.
inline constexpr char kProto[] = "proto";
bool OffersProto(const RequestHeader& header);

}  // namespace bridge

#endif  // BRIDGE_HTTP_DIALECT_H_
