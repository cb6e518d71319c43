// Recording a reading: one at a time, and a failed one is kept until it is
// recorded or replaced. It is sent again with the id that it was first sent
// with, so that it counts once even if the answer alone was lost.

import type { Reading } from "./reading";

/** What somebody said, before it is recorded. */
export interface Draft {
  readonly readingId: string;
  readonly place: string;
  readonly happiness: number;
}

export type RecordState =
  | { readonly kind: "idle" }
  | { readonly kind: "sending"; readonly draft: Draft }
  | { readonly kind: "recorded"; readonly reading: Reading }
  /** `refused`: the reading is at fault, so sending it again would not help. */
  | { readonly kind: "failed"; readonly draft: Draft; readonly message: string; readonly refused: boolean };

/** What became of one attempt to send a draft. */
export type Answer =
  | { readonly reading: Reading }
  | { readonly message: string; readonly refused: boolean };

/** Sends the draft; never throws. */
export type Send = (draft: Draft) => Promise<Answer>;

export class Recorder {
  private current: RecordState = { kind: "idle" };

  constructor(
    private readonly send: Send,
    private readonly newId: () => string,
    private readonly onChange: (state: RecordState) => void,
  ) {}

  get state(): RecordState {
    return this.current;
  }

  /** Records what somebody just said; while another is on its way, nothing. */
  record(place: string, happiness: number): Promise<void> {
    if (this.current.kind === "sending") return Promise.resolve();
    return this.attempt({ readingId: this.newId(), place, happiness });
  }

  /** Sends the failed reading again. */
  retry(): Promise<void> {
    if (this.current.kind !== "failed") return Promise.resolve();
    return this.attempt(this.current.draft);
  }

  private async attempt(draft: Draft): Promise<void> {
    this.become({ kind: "sending", draft });
    const answer = await this.send(draft);
    this.become(
      "reading" in answer
        ? { kind: "recorded", reading: answer.reading }
        : { kind: "failed", draft, message: answer.message, refused: answer.refused },
    );
  }

  private become(state: RecordState): void {
    this.current = state;
    this.onChange(state);
  }
}

/** A random UUID. `crypto.randomUUID` is there in secure contexts only, and a
 * page served to an office over plain HTTP is none. */
export function randomUuid(source: Pick<Crypto, "getRandomValues"> & Partial<Crypto>): string {
  if (source.randomUUID) return source.randomUUID();
  const bytes = source.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
