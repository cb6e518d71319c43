// A viewer that resumes: whatever ends its WebSocket, it goes on where it was,
// at either bridge.

import { WebSocket } from "ws";

/** A reading, or what ends a stream. */
interface Message {
  readonly sequence: string;
  readonly readingId: string;
  readonly error?: { readonly status: string; readonly message: string };
}

export class Viewer {
  /** What it has seen, in its order. */
  readonly ids: string[] = [];
  /** What no viewer must ever see. */
  readonly faults: string[] = [];
  resumed = 0;
  private position = 0;
  private socket: WebSocket | undefined;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly name: string,
    private readonly bridges: readonly string[],
    private turn: number,
    private readonly onReading: (id: string) => void,
  ) {
    this.connect();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.terminate();
  }

  private connect(): void {
    const bridge = this.bridges[this.turn++ % this.bridges.length]!;
    const url = `${bridge.replace("http", "ws")}/happiness?after_sequence=${this.position}`;
    const socket = new WebSocket(url, { handshakeTimeout: 2_000 });
    this.socket = socket;
    socket.on("message", (data) => this.take(JSON.parse(data.toString()) as Message));
    socket.on("error", () => undefined); // "close" comes as well.
    socket.on("close", () => this.comeBack());
  }

  private take(message: Message): void {
    if (message.error) {
      // The log has what this viewer has seen, so nothing is out of its range.
      if (message.error.status === "OUT_OF_RANGE") this.faults.push(`${this.name}: ${message.error.message}`);
      return;
    }
    const sequence = Number(message.sequence);
    if (sequence <= this.position) this.faults.push(`${this.name}: ${sequence} after ${this.position}`);
    this.position = sequence;
    this.ids.push(message.readingId);
    this.onReading(message.readingId);
  }

  private comeBack(): void {
    if (this.closed) return;
    ++this.resumed;
    this.timer = setTimeout(() => this.connect(), 50 + Math.random() * 100);
  }
}
