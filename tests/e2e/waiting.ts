// Waiting for events, never for time alone.

/** Longer than anything here takes on a busy machine. */
export const PATIENCE_MS = 20_000;

/** Rejects if `promise` takes longer than the tests' patience. */
export async function within<T>(what: string, promise: Promise<T>, patience = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${patience} ms for ${what}`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What has come so far, and who waits for more of it. */
export class Inbox<T> {
  readonly items: T[] = [];
  private waiters: (() => void)[] = [];
  private failure: Error | undefined;

  push(item: T): void {
    this.items.push(item);
    this.wake();
  }

  /** Nothing more will come; who waits hears why. */
  fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  /** The first `count` items, as soon as there are so many. */
  async first(count: number, what: string): Promise<T[]> {
    await within(`${count} of ${what}, has ${this.items.length}`, this.until(() => this.items.length >= count));
    return this.items.slice(0, count);
  }

  /** The first item that `matches`. */
  async find(what: string, matches: (item: T) => boolean): Promise<T> {
    await within(what, this.until(() => this.items.some(matches)));
    return this.items.find(matches)!;
  }

  private async until(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.failure) throw this.failure;
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}
