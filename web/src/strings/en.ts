// Every word that the page says, in English. A second language is one more of
// these files.

const locale = "en";

const whole = new Intl.NumberFormat(locale);
const decimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const seconds = new Intl.DateTimeFormat(locale, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const day = new Intl.DateTimeFormat(locale, { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });

const count = (n: number, one: string, many: string): string => `${whole.format(n)} ${n === 1 ? one : many}`;

/** A time span, to the nearest unit that matters. */
function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  if (seconds < 2 * 31_557_600) return `${whole.format(Math.floor(seconds / 86_400))} days`;
  return `${whole.format(Math.floor(seconds / 31_557_600))} years`;
}

const ago = (ms: number): string => (ms < 1_000 ? "just now" : `${span(ms)} ago`);

export const en = {
  language: locale,
  title: "Happiness",
  titleWith: (level: number) => `${decimal.format(level)} · Happiness`,
  level: (level: number) => decimal.format(level),
  time: (ms: number) => clock.format(ms),
  second: (ms: number) => seconds.format(ms),
  dayTime: (ms: number) => day.format(ms),
  date: (ms: number) => date.format(ms),
  ago,

  status: {
    connecting: "connecting",
    live: "live",
    liveSince: (ms: number) => `live, ${ago(ms)}`,
    waiting: (ms: number) => `reconnecting in ${Math.max(1, Math.ceil(ms / 1_000))} s`,
  },

  ranges: {
    label: "How much of the past",
    names: { "15m": "15 min", "1h": "1 hour", "24h": "24 hours", "7d": "7 days", "1y": "1 year" },
  },

  now: {
    label: "The level now",
    trend: (difference: number) => decimal.format(Math.abs(difference)),
    trendText: "against the minute before",
    trendNone: "nothing to compare with yet",
    restsOn: (places: number, readings: number) =>
      `${count(places, "place", "places")} · ${count(readings, "reading", "readings")} · last minute`,
    stale: (ms: number) => `last reading ${ago(ms)}`,
    staleRest: (places: number, readings: number) =>
      `${count(places, "place", "places")} · ${count(readings, "reading", "readings")} · not live`,
    empty: "No readings yet",
    emptyText: "Say how you feel, and be the first.",
    noBridge: "Nobody answers",
    noBridgeText: (bridge: string) =>
      bridge
        ? `Is the service running at ${bridge}? The page keeps trying.`
        : "Add ?bridge=http://localhost:8080 to the address: where the bridge is.",
    waiting: "Listening",
    waitingText: "The first readings are on their way.",
    announce: (level: number, unhappiest: string, lowest: number) =>
      `Happiness ${decimal.format(level)} of 10. Unhappiest: ${unhappiest}, ${decimal.format(lowest)}.`,
  },

  alert: {
    label: "Who needs cheering up",
    low: (place: string, level: number) => `${place} is at ${decimal.format(level)}`,
    fell: (place: string, level: number) => `${place} fell to ${decimal.format(level)}`,
    rests: (readings: number) => `from ${count(readings, "reading", "readings")} in the last minute`,
    restsDrop: (drop: number, readings: number) =>
      `down ${decimal.format(drop)} within a minute, from ${count(readings, "reading", "readings")}`,
    more: (n: number) => `and ${whole.format(n)} more`,
    take: "On my way",
    takeLabel: (place: string) => `On my way to ${place}`,
  },

  map: {
    label: "The world, each known place in the colour of its level; the list of places has the same figures",
    at: (place: string, level: number) => `${place} ${decimal.format(level)}`,
    unhappy: "0 unhappy",
    happy: "10 happy",
  },

  chart: {
    world: "World",
    some: (n: number) => `${count(n, "place", "places")}`,
    title: (what: string) => `${what}: mean, with lowest and highest`,
    label: (what: string) => `Happiness over time, ${what}. Arrow keys read values, plus and minus zoom.`,
    at: (mean: number, min: number, max: number, time: string) =>
      `${decimal.format(mean)} (${decimal.format(min)} to ${decimal.format(max)}), ${time}`,
    zoomHint: "Drag to zoom in; a double click leads back. By keyboard: + and −, and arrows read values.",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    back: "Back to all",
    loading: "Looking up the past…",
    failed: "The past can't be read now; trying again.",
    empty: "Nothing was recorded in this time.",
    withheld: "Too few contributed for a level to be shown.",
  },

  readings: {
    title: "Its latest readings",
    empty: "No readings are kept.",
    failed: "They can't be read now; trying again.",
    from: (source: string) => (source ? `from ${source}` : ""),
  },

  places: {
    title: "Unhappiest first",
    count: (n: number) => count(n, "place", "places"),
    found: (n: number, of: number) => `${whole.format(n)} of ${whole.format(of)}`,
    search: "Find a place",
    none: "No place matches.",
    empty: "Places appear here as they report.",
    readings: (n: number) => whole.format(n),
    readingsTitle: (n: number) => `${count(n, "reading", "readings")} in the last minute`,
    silent: (ms: number) => span(ms),
    silentTitle: (ms: number) => `last heard ${ago(ms)}`,
  },

  feel: {
    title: "How do you feel?",
    face: (happiness: number) => `${happiness} of 10`,
    place: "your place",
    placeholder: "a city, a room",
    askPlace: "Where are you? Type your place and press Enter.",
    sending: "Recording…",
    recorded: (place: string, happiness: number) =>
      `Recorded: ${place}, ${whole.format(happiness)} of 10. Thank you.`,
    failed: (message: string) => `Not recorded: ${message}`,
    retry: "Try again",
    unreachable: "the service can't be reached. Your reading is kept.",
    failedWith: (status: number) => `the service answered ${status}.`,
  },
};

export type Strings = typeof en;
