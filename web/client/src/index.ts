// Streams of any gRPC service, through the bridge: see README.md.

import { Bridge, type BridgeOptions } from "./bridge.js";

export { backoff } from "./backoff.js";
export { BridgeError } from "./error.js";
export type { Bridge, BridgeOptions } from "./bridge.js";
export type { SocketConstructor, State } from "./link.js";
export type { Stream, StreamOptions } from "./stream.js";

/** A bridge to ask. Nothing is sent before the first stream or call. */
export function connect(url: string | URL, options: BridgeOptions = {}): Bridge {
  return new Bridge(url, options);
}
