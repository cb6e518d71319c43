// All streams of a page, on one socket.

import { BridgeError, type ErrorJson } from "./error.js";
import { Link, type Socket, type SocketConstructor, type State } from "./link.js";
import { CarriedStream, type Carrier, type Stream, type StreamOptions } from "./stream.js";
import type { ResponseJson } from "./wire.js";

export interface BridgeOptions {
  /** Who asks: a bearer token; or what gives one, asked again for each socket and call. */
  readonly token?: string | (() => string);
  /** Where there is none, as in Node 18 and 20: that of the package `ws`. */
  readonly WebSocket?: SocketConstructor;
  /** A socket that says nothing for so long, in ms, though it is asked meanwhile, is dead: 15,000 if not set. */
  readonly silence?: number;
  /** Told of each change. */
  readonly onState?: (state: State) => void;
}

const SILENCE_MS = 15_000;

/** The socket stays for so long after its last stream: another one may follow. */
const LINGER_MS = 1_000;

/** What the bridge takes at once; with more it would close the socket, of all streams. */
const MOST_BYTES = 16 << 10;

/** Everything asked of one bridge. The socket comes with the first stream, and goes after the last. */
export class Bridge {
  private readonly base: URL;
  private readonly Socket: SocketConstructor;
  private readonly link: Link;
  private readonly streams = new Set<CarriedStream<unknown>>();
  /** Those that the bridge knows of. Ids are used once. */
  private readonly known = new Map<number, CarriedStream<unknown>>();
  private lastId = 0;
  /** Its token was refused for a stream: the next one gets a socket with another. */
  private stale = false;
  private lingering: ReturnType<typeof setTimeout> | undefined;
  private readonly online = (): void => this.reconnect();

  /** @param url where the bridge is, such as `https://host/`, or a page that it serves; up to its last slash */
  constructor(
    url: string | URL,
    private readonly options: BridgeOptions,
  ) {
    this.base = new URL(url);
    this.base.protocol = this.base.protocol.replace("ws", "http");
    const Socket = options.WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
    if (!Socket) throw new TypeError("there is no WebSocket here: give one, such as that of the package ws");
    this.Socket = Socket;
    this.link = new Link(
      {
        connect: () => this.connect(),
        onState: (state) => this.onState(state),
        onFrame: (frame) => this.onFrame(frame),
        onImpossible: (error) => this.refused({ code: 0, status: "INVALID_ARGUMENT", message: String(error) }),
      },
      options.silence ?? SILENCE_MS,
    );
    globalThis.addEventListener?.("online", this.online);
  }

  /** That of the socket. A stream's own is told to its `onState`. */
  get state(): State {
    return this.link.state;
  }

  /**
   * The messages of a server-streaming method, or the one of a unary method that only reads.
   * It begins when it is iterated over, ends with `break`, and throws what can't pass by
   * trying again: a `BridgeError`.
   *
   * @param method such as `package.Service/Method`
   * @param request the method's request, as JSON
   */
  stream<T = unknown>(method: string, request: object = {}, options: StreamOptions<T> = {}): Stream<T> {
    return new CarriedStream<T>(this.carrier, method, request, options);
  }

  /** Calls a unary method over HTTP, once: it may change something. Throws a `BridgeError`, or why `signal` ended it. */
  async call<T = unknown>(method: string, request: object = {}, { signal }: { readonly signal?: AbortSignal } = {}): Promise<T> {
    const token = this.token();
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    const init = { method: "POST", headers, body: JSON.stringify(request), ...(signal && { signal }) };
    let response;
    let answer;
    try {
      response = await fetch(new URL(method.replace(/^\//, ""), this.base), init);
      if (response.headers.get("Content-Type")?.includes("ndjson")) {
        await response.body?.cancel();
        throw new BridgeError({ code: 501, status: "UNIMPLEMENTED", message: `${method} streams: use stream` });
      }
      answer = await response.text();
    } catch (error) {
      if (signal?.aborted || error instanceof BridgeError) throw error;
      const message = `${error}: the bridge can't be reached, or lets no page from here do that`;
      throw new BridgeError({ code: 0, status: "UNAVAILABLE", message });
    }
    const { ok, status } = response;
    const json = parse(answer);
    if (ok && json) return json as T;
    throw new BridgeError(json?.error ?? { code: status, message: `HTTP ${status}` });
  }

  /** Connects anew, at once: where the network is known to have changed. */
  reconnect(): void {
    if (this.streams.size > 0) this.link.reconnect();
  }

  /** Ends all streams, and the socket. */
  close(): void {
    for (const stream of [...this.streams]) stream.end();
    clearTimeout(this.lingering);
    globalThis.removeEventListener?.("online", this.online);
    this.link.stop("closed");
  }

  private readonly carrier: Carrier = {
    add: (stream: CarriedStream<unknown>): void => {
      if (this.state.kind === "closed") return stream.end();
      clearTimeout(this.lingering);
      this.streams.add(stream);
      if (this.state.kind === "idle") this.link.reconnect();
      else if (this.state.kind === "open" && this.stale) this.link.reconnect();
      else if (this.state.kind === "open") stream.open();
      else stream.lose(this.state);
    },
    open: (stream: CarriedStream<unknown>): number | undefined => {
      if (this.state.kind !== "open") return undefined;
      const id = ++this.lastId;
      const open = { id, ...stream.opening() };
      if (new TextEncoder().encode(JSON.stringify({ open })).length > MOST_BYTES) {
        stream.end(new BridgeError({ code: 413, status: "INVALID_ARGUMENT", message: "the request is larger than 16 KiB" }));
        return undefined;
      }
      this.known.set(id, stream);
      this.link.send({ open });
      return id;
    },
    grant: (id: number, messages: number): void => this.link.send({ grant: { id, messages } }),
    remove: (stream: CarriedStream<unknown>, id: number | undefined): void => {
      if (!this.streams.delete(stream)) return;
      if (id !== undefined && this.known.delete(id)) this.link.send({ close: { id } });
      if (this.streams.size === 0) this.lingering = setTimeout(() => this.link.stop("idle"), LINGER_MS);
    },
  };

  private token(): string | undefined {
    const { token } = this.options;
    return typeof token === "function" ? token() : token;
  }

  private connect(): Socket {
    const url = new URL("streams", this.base);
    url.protocol = url.protocol.replace("http", "ws");
    const token = this.token();
    this.stale = false;
    return new this.Socket(url.href, token ? ["bearer", token] : []);
  }

  private onState(state: State): void {
    this.known.clear();
    for (const stream of [...this.streams]) {
      if (state.kind === "open") stream.open();
      else stream.lose(state);
    }
    // Last, for it may do anything.
    this.options.onState?.(state);
    if (this.state.kind === "waiting" && this.streams.size === 0) this.link.stop("idle");
  }

  private onFrame(frame: ResponseJson): void {
    if (!frame.id) {
      if (frame.error) this.refused(frame.error);
      return;
    }
    const stream = this.known.get(frame.id);
    if (frame.ended || frame.error) this.known.delete(frame.id);
    if (frame.error?.status === "UNAUTHENTICATED") this.stale = true;
    stream?.take(frame);
  }

  /** The socket as a whole is; it is about to close. */
  private refused(json: ErrorJson): void {
    const error = new BridgeError(json);
    if (error.passes) return;
    for (const stream of [...this.streams]) stream.end(error);
    this.link.stop("idle");
  }
}

function parse(text: string): { readonly error?: ErrorJson } | undefined {
  try {
    return JSON.parse(text) as { readonly error?: ErrorJson };
  } catch {
    return undefined;
  }
}
