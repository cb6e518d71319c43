// Every word that the page says. A second language is one more of these.

const locale = "en";

const whole = new Intl.NumberFormat(locale);
const decimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

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

export const strings = {
  title: "Happiness",
  titleWith: (level: number) => `${decimal.format(level)} · Happiness`,
  level: (level: number) => decimal.format(level),
  time: (ms: number) => clock.format(ms),

  status: {
    connecting: "connecting",
    live: "live",
    liveSince: (ms: number) => `live, ${ago(ms)}`,
    waiting: (ms: number) => `reconnecting in ${Math.max(1, Math.ceil(ms / 1_000))} s`,
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
    noBridgeText: "The page keeps trying. Is the service running?",
    waiting: "Listening",
    waitingText: "The first readings are on their way.",
    announce: (level: number, unhappiest: string, lowest: number) =>
      `Happiness ${decimal.format(level)} of 10. Unhappiest: ${unhappiest}, ${decimal.format(lowest)}.`,
  },

  chart: {
    title: "Each place, last 15 minutes",
    titleUnhappiest: (n: number, of: number) => `${n} unhappiest of ${whole.format(of)} places, last 15 minutes`,
    label: "Happiness of each place over the last 15 minutes; the list of places has the same figures",
    at: (place: string, level: number, time: number) => `${place} ${decimal.format(level)} at ${clock.format(time)}`,
    unhappy: "0 unhappy",
    happy: "10 happy",
  },

  places: {
    title: "Unhappiest first",
    count: (n: number) => count(n, "place", "places"),
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
    recorded: (place: string, happiness: number) => `Recorded: ${place}, ${happiness} of 10. Thank you.`,
    failed: (message: string) => `Not recorded: ${message}`,
    retry: "Try again",
    unreachable: "the service can't be reached. Your reading is kept.",
    failedWith: (status: number) => `the service answered ${status}.`,
  },
};
