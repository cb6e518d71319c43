// Jedes Wort der Seite, auf Deutsch.

import type { Strings } from "./en";

const locale = "de";

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
const readings = (n: number): string => count(n, "Meldung", "Meldungen");
const places = (n: number): string => count(n, "Ort", "Orte");

function span(ms: number, dative = false): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  if (seconds < 2 * 31_557_600) return `${whole.format(Math.floor(seconds / 86_400))} ${dative ? "Tagen" : "Tage"}`;
  return `${whole.format(Math.floor(seconds / 31_557_600))} ${dative ? "Jahren" : "Jahre"}`;
}

const ago = (ms: number): string => (ms < 1_000 ? "gerade eben" : `vor ${span(ms, true)}`);

export const de: Strings = {
  language: locale,
  title: "Happiness",
  titleWith: (level) => `${decimal.format(level)} · Happiness`,
  level: (level) => decimal.format(level),
  time: (ms) => clock.format(ms),
  second: (ms) => seconds.format(ms),
  dayTime: (ms) => day.format(ms),
  date: (ms) => date.format(ms),
  ago,

  status: {
    connecting: "verbindet",
    live: "live",
    liveSince: (ms) => `live, ${ago(ms)}`,
    waiting: (ms) => `neuer Versuch in ${Math.max(1, Math.ceil(ms / 1_000))} s`,
  },

  ranges: {
    label: "Wie weit zurück",
    names: { "15m": "15 min", "1h": "1 Stunde", "24h": "24 Stunden", "7d": "7 Tage", "1y": "1 Jahr" },
  },

  now: {
    label: "Wie es jetzt ist",
    trend: (difference) => decimal.format(Math.abs(difference)),
    trendText: "gegenüber der Minute davor",
    trendNone: "noch nichts zum Vergleichen",
    restsOn: (p, r) => `${places(p)} · ${readings(r)} · letzte Minute`,
    stale: (ms) => `letzte Meldung ${ago(ms)}`,
    staleRest: (p, r) => `${places(p)} · ${readings(r)} · nicht live`,
    empty: "Noch keine Meldung",
    emptyText: "Sag, wie es dir geht: Du bist die oder der Erste.",
    noBridge: "Niemand antwortet",
    noBridgeText: (bridge) =>
      bridge
        ? `Läuft der Dienst unter ${bridge}? Die Seite versucht es weiter.`
        : "Hänge ?bridge=http://localhost:8080 an die Adresse: wo die Brücke ist.",
    waiting: "Die Seite hört zu",
    waitingText: "Die ersten Meldungen sind unterwegs.",
    announce: (level, unhappiest, lowest) =>
      `Stimmung ${decimal.format(level)} von 10. Am schlechtesten: ${unhappiest}, ${decimal.format(lowest)}.`,
  },

  alert: {
    label: "Wer Aufmunterung braucht",
    low: (place, level) => `${place} steht bei ${decimal.format(level)}`,
    fell: (place, level) => `${place} fiel auf ${decimal.format(level)}`,
    rests: (n) => `aus ${readings(n)} der letzten Minute`,
    restsDrop: (drop, n) => `${decimal.format(drop)} weniger in einer Minute, aus ${readings(n)}`,
    more: (n) => `und ${whole.format(n)} weitere`,
    take: "Bin unterwegs",
    takeLabel: (place) => `Bin unterwegs zu: ${place}`,
  },

  map: {
    label: "Die Welt, jeder bekannte Ort in der Farbe seiner Stimmung; die Liste der Orte nennt dieselben Zahlen",
    at: (place, level) => `${place} ${decimal.format(level)}`,
    unhappy: "0 unglücklich",
    happy: "10 glücklich",
  },

  chart: {
    world: "Welt",
    some: (n) => places(n),
    title: (what) => `${what}: Mittel, mit tiefstem und höchstem Wert`,
    label: (what) => `Stimmung im Lauf der Zeit, ${what}. Pfeiltasten lesen Werte, Plus und Minus vergrößern und verkleinern.`,
    at: (mean, min, max, time) => `${decimal.format(mean)} (${decimal.format(min)} bis ${decimal.format(max)}), ${time}`,
    zoomHint: "Ziehen vergrößert, ein Doppelklick führt zurück. Auf der Tastatur: + und −, und Pfeile lesen Werte.",
    zoomIn: "Vergrößern",
    zoomOut: "Alles zeigen",
    back: "Zurück zu allen",
    loading: "Die Vergangenheit wird geholt …",
    failed: "Die Vergangenheit ist gerade nicht lesbar; neuer Versuch folgt.",
    empty: "In dieser Zeit wurde nichts gemeldet.",
    withheld: "Zu wenige haben sich gemeldet, um eine Stimmung zu zeigen.",
  },

  readings: {
    title: "Die letzten Meldungen",
    empty: "Es sind keine da.",
    failed: "Sie sind gerade nicht lesbar; neuer Versuch folgt.",
    from: (source) => (source ? `von ${source}` : ""),
  },

  places: {
    title: "Die Unglücklichsten zuerst",
    count: (n) => places(n),
    found: (n, of) => `${whole.format(n)} von ${whole.format(of)}`,
    search: "Ort suchen",
    none: "Kein Ort passt.",
    empty: "Hier erscheinen Orte, sobald sie sich melden.",
    readings: (n) => whole.format(n),
    readingsTitle: (n) => `${readings(n)} in der letzten Minute`,
    silent: (ms) => span(ms),
    silentTitle: (ms) => `zuletzt gehört ${ago(ms)}`,
  },

  feel: {
    title: "Wie geht es dir?",
    face: (happiness) => `${happiness} von 10`,
    place: "dein Ort",
    placeholder: "Stadt oder Raum",
    askPlace: "Wo bist du? Gib deinen Ort ein und drücke die Eingabetaste.",
    sending: "Wird gemeldet …",
    recorded: (place, happiness) => `Gemeldet: ${place}, ${whole.format(happiness)} von 10. Danke.`,
    failed: (message) => `Nicht gemeldet: ${message}`,
    retry: "Noch einmal",
    unreachable: "der Dienst ist nicht erreichbar. Deine Meldung bleibt hier.",
    failedWith: (status) => `der Dienst antwortete ${status}.`,
  },
};
