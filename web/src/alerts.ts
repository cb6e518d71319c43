// Who needs cheering up: pure, over the rows of the list.

import type { PlaceRow } from "./summary";

export interface Alert {
  readonly place: string;
  /** When it was noticed, in milliseconds since 1970. */
  readonly since: number;
  /** The level is low; or it fell by this much within the window. */
  readonly drop: number | undefined;
  level: number;
  readings: number;
}

/** A fall by more than this, within the window, is called out. */
export const DROP = 2;

/** A place is well again when it is this much above where it was called out. */
const RECOVERY = 0.5;

/** A place that fell, and stays where it is, is called out for no longer. */
const DROP_MS = 10 * 60_000;

/** Alerts at a time; the page shows one after another. */
const MOST = 100;

export class Alerts {
  private readonly known = new Map<string, Alert>();
  /** Where somebody is on the way, until the place is well again. */
  private readonly taken: Set<string>;

  /**
   * @param below the level below which a place is called out
   * @param taken the places that were taken when the page was here last
   */
  constructor(
    private readonly below: number,
    taken: readonly string[] = [],
  ) {
    this.taken = new Set(taken.slice(0, MOST));
  }

  /** Takes in how the places are. */
  update(rows: readonly PlaceRow[], now: number): void {
    const rowOf = new Map(rows.map((row) => [row.place.name, row]));
    for (const [place, alert] of this.known) {
      const row = rowOf.get(place);
      if (!row || row.stale || this.isOver(alert, row, now)) this.known.delete(place);
    }
    for (const row of rows) {
      const place = row.place.name;
      const alert = this.known.get(place);
      if (alert) {
        alert.level = row.level;
        alert.readings = row.count;
      } else if (row.stale) {
        continue;
      } else if (!this.isUnwell(row)) {
        this.taken.delete(place);
      } else if (this.known.size < MOST) {
        const drop = row.trend !== undefined && row.trend < -DROP ? -row.trend : undefined;
        this.known.set(place, { place, since: now, drop, level: row.level, readings: row.count });
      }
    }
  }

  /** Somebody is on the way to a place. */
  take(place: string): void {
    if (this.taken.size < MOST) this.taken.add(place);
  }

  /** The places that are taken, to be remembered. */
  takenPlaces(): string[] {
    return [...this.taken];
  }

  /** Those that nobody has taken, the oldest first. */
  open(): Alert[] {
    return [...this.known.values()].filter(({ place }) => !this.taken.has(place)).sort((a, b) => a.since - b.since);
  }

  private isUnwell(row: PlaceRow): boolean {
    return row.level < this.below || (row.trend !== undefined && row.trend < -DROP);
  }

  private isOver(alert: Alert, row: PlaceRow, now: number): boolean {
    if (row.level < this.below + (alert.level < this.below ? RECOVERY : 0)) return false;
    if (alert.drop === undefined) return true;
    return (row.trend ?? 0) > RECOVERY || now - alert.since > DROP_MS;
  }
}
