// One stream: what has come and is not taken yet, and from where it goes on.

import { backoff, GOOD_AFTER_MS } from "./backoff.js";
import { BridgeError, type ErrorJson } from "./error.js";
import type { State } from "./link.js";
import type { OpenJson, ResponseJson } from "./wire.js";

export interface StreamOptions<T> {
  /** Starts behind the message with this cursor, of a method that has cursors. From where
   * else a stream can start stands in its request. */
  readonly position?: { readonly after: string | number | bigint };
  /** Every message, which is the default; or the newest whenever there is time for one;
   * or that so many times a second at most. */
  readonly delivery?: "all" | "latest" | { readonly maxRate: number };
  /** How many messages may wait here to be taken: 256 if not set. */
  readonly window?: number;
  /** Ends it, as `break` does; then `next` rejects with its reason. */
  readonly signal?: AbortSignal;
  /**
   * Whether two messages of the same cursor are the same message. With it the last one that came is
   * asked for again after a cut: if it is another one now, what is streamed was replaced,
   * and the stream fails with OUT_OF_RANGE. Not where only the newest are delivered.
   */
  readonly same?: (last: T, again: T) => boolean;
  readonly onState?: (state: State) => void;
}

/** Starts when the first message is asked for, and ends with `break`, or `return`. */
export interface Stream<T> extends AsyncIterableIterator<T, void, void> {
  /** The cursor of the last message that was taken: another stream goes on `after` it. */
  readonly position: string | undefined;
}

/** What carries streams. */
export interface Carrier {
  /** Wants a socket for it, and opens it as soon as there is one. */
  add(stream: CarriedStream<any>): void;
  /** Sends its `open`; gives the id by which its frames come. Undefined without a socket. */
  open(stream: CarriedStream<any>): number | undefined;
  grant(id: number, messages: number): void;
  /** It is over. `id` if the bridge does not know yet. */
  remove(stream: CarriedStream<any>, id: number | undefined): void;
}

interface Item<T> {
  readonly message: T;
  readonly cursor: string | undefined;
}

const WINDOW = 256;

/** Owned by who iterates over it; from its start to its end its carrier knows it, too. */
export class CarriedStream<T> implements Stream<T> {
  position: string | undefined;

  private readonly items: AsyncGenerator<T, void>;
  private readonly window: number;
  private readonly skips: boolean;
  private readonly queue: Item<T>[] = [];
  /** What the next `open` says. */
  private cursor: string | undefined;
  /** The last that came, where it is compared. */
  private last: T | undefined;
  /** The next message is to be `last`, once more. */
  private checks = false;
  private id: number | undefined;
  /** Taken, and not granted again yet. */
  private credit = 0;
  /** There was no room when it should have been opened. */
  private full = false;
  private attempt = 0;
  private openedAt = Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private over = false;
  private failure: unknown;
  private wake: () => void = () => undefined;

  constructor(
    private readonly carrier: Carrier,
    private readonly method: string,
    private readonly request: object,
    private readonly options: StreamOptions<T>,
  ) {
    const { delivery } = options;
    if (typeof delivery === "string" && delivery !== "all" && delivery !== "latest") {
      throw new TypeError(`delivery: ${delivery as string} is none`);
    }
    this.window = Math.max(1, Math.trunc(options.window ?? WINDOW));
    this.skips = (options.delivery ?? "all") !== "all";
    this.position = this.cursor = options.position && String(BigInt(options.position.after));
    this.items = this.run();
  }

  next(): Promise<IteratorResult<T, void>> {
    return this.items.next();
  }

  /** Ends it; a `next` that waits is done. */
  return(): Promise<IteratorResult<T, void>> {
    this.end();
    return this.items.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What to ask for, now. */
  opening(): OpenJson {
    const { delivery } = this.options;
    const { last, cursor } = this;
    this.checks = !this.skips && last !== undefined && cursor !== undefined && BigInt(cursor) > 0n;
    this.credit = 0;
    return {
      method: this.method,
      request: this.request,
      after: this.checks ? String(BigInt(cursor!) - 1n) : cursor,
      latest: delivery === "latest" || undefined,
      maxRate: typeof delivery === "object" ? delivery.maxRate : undefined,
      window: this.window - this.queue.length,
    };
  }

  /** There is a socket. */
  open(): void {
    clearTimeout(this.timer);
    // With no room for a message it had better wait here than there.
    this.full = this.queue.length >= this.window;
    if (this.over || this.full) return;
    this.id = this.carrier.open(this);
    if (this.id !== undefined) this.tell({ kind: "connecting" });
  }

  /** The socket is gone, or not there yet. */
  lose(state: State): void {
    clearTimeout(this.timer);
    this.id = undefined;
    this.tell(state);
  }

  /** A frame came for it. */
  take(frame: ResponseJson): void {
    if (frame.opened) {
      this.openedAt = performance.now();
      this.tell({ kind: "open" });
    } else if ("message" in frame) {
      this.receive({ message: frame.message as T, cursor: frame.cursor });
    } else if (frame.error) {
      this.id = undefined;
      this.fail(frame.error);
    } else if (frame.ended) {
      this.id = undefined;
      this.end();
    }
  }

  /** Comes back later, if that may help. */
  fail(json: ErrorJson): void {
    const error = new BridgeError(json);
    if (!error.passes) return this.end(error);
    if (performance.now() - this.openedAt > GOOD_AFTER_MS) this.attempt = 0;
    this.openedAt = Infinity;
    const wait = backoff(this.attempt++);
    this.lose({ kind: "waiting", until: Date.now() + wait });
    this.timer = setTimeout(() => this.open(), wait);
  }

  /** It is over, when what has come is taken. */
  end(failure?: unknown): void {
    if (this.over) return;
    this.over = true;
    this.failure = failure;
    clearTimeout(this.timer);
    this.carrier.remove(this, this.id);
    this.wake();
  }

  private async *run(): AsyncGenerator<T, void> {
    const { signal } = this.options;
    const abort = (): void => {
      this.queue.length = 0;
      this.end(signal!.reason);
    };
    try {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", abort);
      if (!this.over) this.carrier.add(this);
      for (;;) {
        for (let item; (item = this.queue.shift()); ) {
          this.position = item.cursor;
          this.used();
          yield item.message;
        }
        if (this.over) break;
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      this.end();
    }
    if (this.failure !== undefined) throw this.failure;
  }

  private receive(item: Item<T>): void {
    if (this.checks) {
      this.checks = false;
      if (item.cursor === this.cursor && this.options.same!(this.last!, item.message)) return this.used();
      return this.end(new BridgeError({
        code: 400,
        status: "OUT_OF_RANGE",
        message: `the message ${this.cursor}, the last that came, is no longer there: what is streamed was replaced`,
      }));
    }
    this.cursor = item.cursor ?? this.cursor;
    if (this.options.same) this.last = item.message;
    // Of those that nobody had time for only the newest counts.
    if (this.skips && this.queue.pop()) this.used();
    this.queue.push(item);
    this.wake();
  }

  /** There is room for one more. */
  private used(): void {
    if (this.full) return this.open();
    if (++this.credit * 2 < this.window || this.id === undefined) return;
    this.carrier.grant(this.id, this.credit);
    this.credit = 0;
  }

  private tell(state: State): void {
    this.options.onState?.(state);
  }
}
