// Where the page finds the service, relative to itself, so that it also works
// below a path prefix; and the one call that it makes.

import { answerOf, type Answer, type Draft } from "./record";
import { strings } from "./strings";

/** The readings asked for at the first connection: 15 minutes of 45 places that
 * report every 5 s, and at most 2 MB. */
const BACKLOG = 8_192;

const SEND_TIMEOUT_MS = 10_000;

/**
 * The stream of readings from `lastSequence` on; from a backlog on if that is 0.
 * The last one seen comes once more: where its number is another reading's now,
 * the log was replaced, and the page notices.
 */
export function streamUrl(base: string, lastSequence: number): string {
  const url = new URL("happiness", base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = lastSequence > 0 ? `?after_sequence=${lastSequence - 1}` : `?backlog=${BACKLOG}`;
  return url.href;
}

/** Records a reading by POST /happiness. */
export async function sendDraft(draft: Draft): Promise<Answer> {
  try {
    const response = await fetch(new URL("happiness", document.baseURI), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...draft, source: "web" }),
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    });
    return answerOf(response.status, await response.text(), strings.feel.failedWith(response.status));
  } catch {
    return { message: strings.feel.unreachable, refused: false };
  }
}
