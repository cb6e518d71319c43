// Brings a curve's history here, and meanwhile keeps what is recorded.

import { backoff } from "../client/src";
import { Curve } from "./curve";
import type { History, Subject } from "./history";
import type { Reading } from "./reading";

/** Asks for the history of a place; of all if that is "". Undefined if it failed. */
export type FetchHistory = (place: string, subject: Subject) => Promise<History | undefined>;

/** Readings that are kept while a history is on its way. With more it is asked for again. */
const MOST_WAITING = 20_000;

/** Histories that are asked for at a time: a bridge answers so many for one address, which may be several people's. */
const AT_ONCE = 4;

/** A curve, and what it is about. */
interface Loaded {
  readonly curve: Curve;
  readonly subject: Subject;
}

/** The curve that is shown, and the one that will be. */
export class CurveLoader {
  /** The last attempt to bring one failed; another follows. */
  failed = false;
  private loaded: Loaded | undefined;
  private subject: Subject | undefined;
  private waiting: Reading[] | undefined;
  private generation = 0;
  private attempt = 0;

  constructor(
    private readonly fetchHistory: FetchHistory,
    private readonly onChange: () => void,
  ) {}

  get curve(): Curve | undefined {
    return this.loaded?.curve;
  }

  /** Brings another curve; one of the same places that is here stays until that has come. */
  show(subject: Subject): void {
    if (!samePlaces(subject, this.subject)) this.loaded = undefined;
    this.subject = subject;
    this.failed = false;
    this.attempt = 0;
    void this.load();
  }

  /** Brings the same anew, of another log: what is here is not of that. */
  reload(): void {
    this.loaded = undefined;
    if (this.subject) this.show(this.subject);
  }

  /** Takes in what the stream brings. */
  take(reading: Reading): void {
    const { loaded, waiting } = this;
    if (loaded) addTo(loaded, reading);
    if (!waiting) return;
    waiting.push(reading);
    if (waiting.length > MOST_WAITING) void this.load();
  }

  /** Forgets what a live curve no longer shows. */
  trim(now: number): void {
    const { loaded } = this;
    if (loaded && loaded.subject.to === undefined) loaded.curve.trim(now - loaded.subject.span);
  }

  private async load(): Promise<void> {
    const subject = this.subject!;
    const generation = ++this.generation;
    this.waiting = [];
    const places = subject.places.length > 0 ? subject.places : [""];
    const histories: (History | undefined)[] = [];
    for (let i = 0; i < places.length && generation === this.generation; i += AT_ONCE) {
      const some = places.slice(i, i + AT_ONCE).map((place) => this.fetchHistory(place, subject));
      histories.push(...(await Promise.all(some)));
    }
    if (generation !== this.generation) return;
    const [first] = histories;
    if (!first || !histories.every((history) => history?.step === first.step)) return this.fail(generation);
    const loaded = { curve: new Curve(first.step), subject };
    histories.forEach((history, i) => loaded.curve.load(places[i]!, history!));
    for (const reading of this.waiting) addTo(loaded, reading);
    this.waiting = undefined;
    this.failed = false;
    this.loaded = loaded;
    this.onChange();
  }

  private fail(generation: number): void {
    this.failed = true;
    this.onChange();
    setTimeout(() => generation === this.generation && void this.load(), backoff(this.attempt++));
  }
}

/** Adds a reading to the steps that the interval touches: a history has them whole. */
function addTo({ curve, subject }: Loaded, reading: Reading): void {
  const { places, from, to } = subject;
  if (places.length > 0 && !places.includes(reading.place)) return;
  if (reading.time < Math.floor(from / curve.step) * curve.step) return;
  if (to !== undefined && reading.time >= Math.ceil(to / curve.step) * curve.step) return;
  curve.add(reading);
}

const samePlaces = (a: Subject, b: Subject | undefined): boolean => a.places.join("\n") === b?.places.join("\n");
