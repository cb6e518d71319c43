// One WebSocket that stays: it comes back after every end, with jittered
// back-off, from where the caller says. It knows neither what the frames mean
// nor the page that shows them.

import { backoff } from "./backoff";

export type Status =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** The next attempt is made at `until`, in the milliseconds of `Date.now`. */
  | { readonly kind: "waiting"; readonly until: number };

export interface Options {
  /** Where to connect: asked again at each attempt, for it says where to resume. */
  readonly url: () => string;
  /** A text frame came. Throws nothing. */
  readonly onFrame: (data: string) => void;
  readonly onStatus: (status: Status) => void;
  /** The stream ended with this close code; the next attempt comes by itself. Soon, if
   * this gives true: the other side is well, and waits for another question. */
  readonly onEnd: (code: number) => boolean;
}

/** A connection that lasted this long was a good one: after
 * it the back-off starts anew. */
const GOOD_AFTER_MS = 5_000;

/** An attempt that hangs for this long is given up. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Holds at most one WebSocket at any time. */
export class Connection {
  private socket: WebSocket | undefined;
  private timer: number | undefined;
  private attempt = 0;

  constructor(private readonly options: Options) {}

  /** Connects at once; where a socket is open or an attempt waits, anew. To
   * start with, and when the network is known to have changed. */
  reconnect(): void {
    this.drop();
    this.attempt = 0;
    this.connect();
  }

  private connect(): void {
    this.options.onStatus({ kind: "connecting" });
    const socket = this.open();
    this.socket = socket;
    if (!socket) return this.end(socket, 1006);
    this.setTimer(() => this.end(socket, 1006), CONNECT_TIMEOUT_MS);
    socket.onopen = () => {
      this.setTimer(() => (this.attempt = 0), GOOD_AFTER_MS);
      this.options.onStatus({ kind: "live" });
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== "string") return;
      this.options.onFrame(data);
    };
    socket.onclose = ({ code }) => this.end(socket, code);
  }

  /** Undefined where the page may not even try: from a file, or to a plain
   * bridge from a safe page. */
  private open(): WebSocket | undefined {
    try {
      return new WebSocket(this.options.url());
    } catch {
      return undefined;
    }
  }

  private end(socket: WebSocket | undefined, code: number): void {
    if (socket !== this.socket) return;
    this.drop();
    if (this.options.onEnd(code)) this.attempt = 0;
    const wait = backoff(this.attempt++, Math.random());
    this.options.onStatus({ kind: "waiting", until: Date.now() + wait });
    this.setTimer(() => this.connect(), wait);
  }

  private drop(): void {
    window.clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private setTimer(task: () => void, wait: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(task, wait);
  }
}
