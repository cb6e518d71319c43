// The log as JSON lines.

#ifndef BRIDGE_JSON_LOG_H_
#define BRIDGE_JSON_LOG_H_

#include <spdlog/formatter.h>

#include <memory>

namespace bridge {

// {"time":"2026-11-25T20:00:00.000Z","level":"info","logger":"service",
// "message":"…"}, a line each.
std::unique_ptr<spdlog::formatter> JsonLines();

}  // namespace bridge

#endif  // BRIDGE_JSON_LOG_H_
