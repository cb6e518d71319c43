// A stream that the page wants for as long as it is open: after cuts the client
// resumes it, and after anything else this begins it anew.

import { backoff, type State, type Stream } from "../client/src";

export type Status =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** The next attempt is made at `until`, in the milliseconds of `Date.now`. */
  | { readonly kind: "waiting"; readonly until: number };

export interface Following {
  /** Another stream, from its beginning. */
  readonly open: (onState: (state: State) => void) => Stream<unknown>;
  /** A message came. Throws nothing. */
  readonly take: (message: unknown) => void;
  /** The stream is over; another one follows by itself. */
  readonly onEnd: () => void;
  readonly onStatus: (status: Status) => void;
}

/** Holds at most one stream at any time. */
export class Follower {
  private stream: Stream<unknown> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;

  constructor(private readonly following: Following) {}

  /** Begins; anew, where it has begun. */
  start(): void {
    this.stop();
    const stream = this.following.open((state) => this.stream === stream && this.tell(state));
    this.stream = stream;
    void this.read(stream);
  }

  stop(): void {
    clearTimeout(this.timer);
    const { stream } = this;
    this.stream = undefined;
    void stream?.return?.();
  }

  private async read(stream: Stream<unknown>): Promise<void> {
    try {
      for await (const message of stream) {
        if (this.stream !== stream) return;
        this.attempt = 0;
        this.following.take(message);
      }
    } catch {
      // Whatever it was: a page that stays open for weeks tries again.
    }
    if (this.stream !== stream) return;
    this.following.onEnd();
    const wait = backoff(this.attempt++);
    this.timer = setTimeout(() => this.start(), wait);
    this.tell({ kind: "waiting", until: Date.now() + wait });
  }

  private tell(state: State): void {
    if (state.kind === "waiting") this.following.onStatus(state);
    else this.following.onStatus({ kind: state.kind === "open" ? "live" : "connecting" });
  }
}
