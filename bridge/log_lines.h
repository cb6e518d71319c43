// How the log looks: a line for each message, whatever is in it.

#ifndef BRIDGE_LOG_LINES_H_
#define BRIDGE_LOG_LINES_H_

#include <spdlog/formatter.h>

#include <memory>

namespace bridge {

// {"time":"2026-11-25T20:00:00.000Z","level":"info","logger":"service",
// "message":"…"}, a line each.
std::unique_ptr<spdlog::formatter> JsonLines();

// As spdlog's own, but for control characters in the message, which are
// escaped: what a client or an upstream said forges no line.
std::unique_ptr<spdlog::formatter> TextLines();

}  // namespace bridge

#endif  // BRIDGE_LOG_LINES_H_
