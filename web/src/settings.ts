// What a link to the page says: so a bookmark, or a kiosk, keeps it.

import { isRange, type RangeId } from "./range";

export interface Settings {
  /** How much of the past the chart shows. */
  readonly range: RangeId;
  /** The page is about these places; about the whole world if there are none. */
  readonly places: readonly string[];
  /** The place that is looked at closely. */
  readonly place: string | undefined;
  readonly theme: "light" | "dark" | undefined;
  readonly language: string | undefined;
  /** On a wall: no controls, larger type, and the screen stays on. */
  readonly kiosk: boolean;
  /** Where the bridge is; where the page came from if undefined. Ends in "/". */
  readonly bridge: string | undefined;
  /** A place below this level is called out. 0 to 10. */
  readonly alertBelow: number;
}

const DEFAULT_RANGE: RangeId = "15m";
export const DEFAULT_ALERT_BELOW = 3;

/** As many as a stream may be asked for. */
const MOST_PLACES = 100;

/** Reads `?range=1h&places=Oslo&places=Lima&…`. What makes no sense is left out. */
export function parseSettings(search: string): Settings {
  const query = new URLSearchParams(search);
  const range = query.get("range") ?? "";
  const theme = query.get("theme");
  const alertBelow = parseFloat(query.get("alert_below") ?? "");
  return {
    range: isRange(range) ? range : DEFAULT_RANGE,
    places: [...new Set(query.getAll("places").filter(Boolean))].slice(0, MOST_PLACES),
    place: query.get("place") || undefined,
    theme: theme === "light" || theme === "dark" ? theme : undefined,
    language: query.get("lang") || undefined,
    kiosk: query.get("kiosk") === "1",
    bridge: parseBridge(query.get("bridge") ?? ""),
    alertBelow: alertBelow >= 0 && alertBelow <= 10 ? alertBelow : DEFAULT_ALERT_BELOW,
  };
}

/** `search` with what the reader can change on the page set anew. */
export function withChoices(search: string, range: RangeId, place: string | undefined): string {
  const query = new URLSearchParams(search);
  if (range === DEFAULT_RANGE) query.delete("range");
  else query.set("range", range);
  if (place === undefined) query.delete("place");
  else query.set("place", place);
  const text = query.toString();
  return text && `?${text}`;
}

function parseBridge(text: string): string | undefined {
  try {
    const url = new URL(text);
    if (!/^https?:$/.test(url.protocol)) return undefined;
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url.origin + url.pathname;
  } catch {
    return undefined;
  }
}
