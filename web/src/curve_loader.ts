// Brings a curve's history here, and meanwhile keeps what is recorded.

import { backoff } from "./backoff";
import { Curve } from "./curve";
import type { History } from "./history";
import type { Reading } from "./reading";

/** What a curve is about. */
export interface Subject {
  /** The world if there are none. */
  readonly places: readonly string[];
  /** In milliseconds since 1970; `to` is undefined where the curve goes on live. */
  readonly from: number;
  readonly to: number | undefined;
  /** In milliseconds; what suits the service if undefined. */
  readonly step: number | undefined;
}

/** Asks for the history of a place; of all if that is "". Undefined if it failed. */
export type FetchHistory = (place: string, subject: Subject) => Promise<History | undefined>;

/** Readings that are kept while a history is on its way. With more it is asked for again. */
const MOST_WAITING = 20_000;

/** The curve that is shown, and the one that will be. */
export class CurveLoader {
  curve: Curve | undefined;
  /** The last attempt to bring one failed; another follows. */
  failed = false;
  private subject: Subject | undefined;
  private waiting: Reading[] | undefined;
  private generation = 0;
  private attempt = 0;

  constructor(
    private readonly fetchHistory: FetchHistory,
    private readonly onChange: () => void,
  ) {}

  /** Brings another curve; the one that is here stays until that has come. */
  show(subject: Subject): void {
    this.subject = subject;
    this.attempt = 0;
    void this.load();
  }

  /** Brings the same once more: what was recorded meanwhile may be missing here. */
  reload(): void {
    if (this.subject) this.show(this.subject);
  }

  /** Takes in what the stream brings. */
  take(reading: Reading): void {
    const { subject, waiting } = this;
    if (!subject || !isIn(reading, subject)) return;
    this.curve?.add(reading);
    waiting?.push(reading);
    if (waiting && waiting.length > MOST_WAITING) void this.load();
  }

  private async load(): Promise<void> {
    const subject = this.subject!;
    const generation = ++this.generation;
    this.waiting = [];
    const places = subject.places.length > 0 ? subject.places : [""];
    const histories = await Promise.all(places.map((place) => this.fetchHistory(place, subject)));
    if (generation !== this.generation) return;
    const [first] = histories;
    if (!first || !histories.every((history) => history?.step === first.step)) return this.fail(generation);
    const curve = new Curve(first.step);
    histories.forEach((history, i) => curve.load(places[i]!, history!));
    for (const reading of this.waiting) curve.add(reading);
    this.waiting = undefined;
    this.failed = false;
    this.attempt = 0;
    this.curve = curve;
    this.onChange();
  }

  private fail(generation: number): void {
    this.failed = true;
    this.onChange();
    setTimeout(() => generation === this.generation && void this.load(), backoff(this.attempt++, Math.random()));
  }
}

function isIn(reading: Reading, { places, from, to }: Subject): boolean {
  if (reading.time < from || (to !== undefined && reading.time >= to)) return false;
  return places.length === 0 || places.includes(reading.place);
}
