// The wire and the clock, as far as the client sees them; time passes when a test says so.

import type { RequestJson, ResponseJson } from "../../../web/client/src/wire";

/** One socket, and the test is the bridge at its other end. */
export class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.all[FakeSocket.all.length - 1]!;
  }
  static get open(): FakeSocket[] {
    return FakeSocket.all.filter(({ closed }) => !closed);
  }

  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  readonly sent: RequestJson[] = [];

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeSocket.all.push(this);
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as RequestJson);
  }
  close(): void {
    this.closed = true;
  }

  accept(): void {
    this.onopen?.();
  }
  cut(): void {
    this.closed = true;
    this.onclose?.({ code: 1006 });
  }
  say(frame: ResponseJson): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  /** Sends messages whose cursors, and contents, are these numbers. */
  messages(id: number, from: number, to = from): void {
    for (let n = from; n <= to; n++) this.say({ id, cursor: `${n}`, message: { n } });
  }

  get opens(): RequestJson["open"][] {
    return this.sent.flatMap(({ open }) => open ?? []);
  }
  get grants(): number[] {
    return this.sent.flatMap(({ grant }) => grant?.messages ?? []);
  }
}

interface Task {
  readonly task: () => void;
  readonly due: number;
}

/** Takes the place of the timers and of `performance.now`. */
export class FakeClock {
  now = 0;
  private next = 0;
  private readonly tasks = new Map<number, Task>();

  install(): void {
    Object.defineProperty(performance, "now", { configurable: true, value: () => this.now });
    Object.assign(globalThis, {
      setTimeout: (task: () => void, wait: number) => {
        this.tasks.set(++this.next, { task, due: this.now + wait });
        return this.next;
      },
      clearTimeout: (id: number) => void this.tasks.delete(id),
    });
  }

  /** The milliseconds until each task, the soonest first. */
  get waits(): number[] {
    return [...this.tasks.values()].map(({ due }) => due - this.now).sort((a, b) => a - b);
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const [first] = [...this.tasks].sort(([, a], [, b]) => a.due - b.due);
      if (!first || first[1].due > end) break;
      this.tasks.delete(first[0]);
      this.now = first[1].due;
      first[1].task();
    }
    this.now = end;
  }
}

/** Whoever awaited something that is there has gone on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Iterates on its own, and keeps what came. */
export class Reader<T> {
  readonly got: T[] = [];
  error: unknown;
  done = false;

  constructor(private readonly stream: AsyncIterable<T>) {
    void this.read();
  }

  private async read(): Promise<void> {
    try {
      for await (const message of this.stream) this.got.push(message);
    } catch (error) {
      this.error = error;
    }
    this.done = true;
  }
}
