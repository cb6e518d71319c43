// One WebSocket that stays for as long as it is wanted: it comes back after every
// end, with jittered back-off, and notices one that is dead though it looks open.
// It knows nothing of streams.

import { backoff, GOOD_AFTER_MS } from "./backoff.js";
import type { RequestJson, ResponseJson } from "./wire.js";

export type State =
  /** Nothing is wanted, so there is no socket. */
  | { readonly kind: "idle" }
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  /** The next attempt is made at `until`, in the milliseconds of `Date.now`. */
  | { readonly kind: "waiting"; readonly until: number }
  | { readonly kind: "closed" };

/** As much of a browser's WebSocket, or of the `ws` package's, as is used here. Both
 * give their handlers types of their own. */
export interface Socket {
  onopen: any;
  onmessage: any;
  onclose: any;
  onerror: any;
  send(data: string): void;
  close(): void;
}

export type SocketConstructor = new (url: string, protocols: string[]) => Socket;

export interface LinkOwner {
  /** A new socket; may throw where none may be had. */
  readonly connect: () => Socket;
  readonly onState: (state: State) => void;
  readonly onFrame: (frame: ResponseJson) => void;
  /** It can't even be asked for, and never will be: a token that is none, say. */
  readonly onImpossible: (error: unknown) => void;
}

/** An attempt that hangs for this long is given up. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Holds at most one socket at any time. */
export class Link {
  state: State = { kind: "idle" };
  private socket: Socket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private openedAt = Infinity;
  private heard = false;
  private asked = false;

  /** @param silence a socket that says nothing for so long, in ms, though it was asked, is dead */
  constructor(
    private readonly owner: LinkOwner,
    private readonly silence: number,
  ) {}

  /** Connects at once; where it has, anew. */
  reconnect(): void {
    this.drop();
    this.attempt = 0;
    this.connect();
  }

  /** Wants no socket any more. */
  stop(kind: "idle" | "closed"): void {
    this.drop();
    if (this.state.kind !== kind) this.become({ kind });
  }

  /** REQUIRES: it is open. */
  send(message: RequestJson): void {
    this.socket?.send(JSON.stringify(message));
  }

  private connect(): void {
    let socket: Socket;
    this.become({ kind: "connecting" });
    if (this.state.kind !== "connecting") return; // whoever was told wants none
    try {
      socket = this.owner.connect();
    } catch (error) {
      if ((error as Error).name === "SyntaxError") return this.owner.onImpossible(error);
      // A page may not even try: from a file, or to a plain bridge from a safe page.
      return this.lose();
    }
    this.socket = socket;
    this.setTimer(() => this.lose(), CONNECT_TIMEOUT_MS);
    socket.onopen = () => {
      this.openedAt = performance.now();
      this.heard = true;
      this.watch();
      this.become({ kind: "open" });
    };
    socket.onmessage = ({ data }: { data: unknown }) => this.hear(data);
    socket.onclose = () => this.lose();
    socket.onerror = () => undefined; // `ws` would throw; "close" comes as well
  }

  private hear(data: unknown): void {
    this.heard = true;
    const frame = parse(data);
    if (frame) this.owner.onFrame(frame);
    else this.lose(); // whoever that is, it is no bridge
  }

  /** Looks twice in each `silence` whether anything came; the first time that nothing
   * did it asks, the second time it gives up. */
  private watch(): void {
    if (!this.heard && this.asked) return this.lose();
    this.asked = !this.heard;
    this.heard = false;
    // No stream has this id; whoever lives says so.
    if (this.asked) this.send({ close: { id: 0 } });
    this.setTimer(() => this.watch(), this.silence / 2);
  }

  private lose(): void {
    this.drop();
    const wait = backoff(this.attempt++);
    this.setTimer(() => this.connect(), wait);
    this.become({ kind: "waiting", until: Date.now() + wait });
  }

  private drop(): void {
    clearTimeout(this.timer);
    if (performance.now() - this.openedAt > GOOD_AFTER_MS) this.attempt = 0;
    this.openedAt = Infinity;
    const { socket } = this;
    this.socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private become(state: State): void {
    this.state = state;
    this.owner.onState(state);
  }

  private setTimer(task: () => void, wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(task, wait);
  }
}

function parse(data: unknown): ResponseJson | undefined {
  try {
    return JSON.parse(data as string) as ResponseJson;
  } catch {
    return undefined;
  }
}
