// How long to wait before the next attempt.

/** The longest wait before the first attempt. It doubles with each failure. */
const FIRST_MS = 500;

/** No wait is longer. */
const LONGEST_MS = 15_000;

/** What lasted this long was good: after it the back-off starts anew. */
export const GOOD_AFTER_MS = 5_000;

/**
 * The wait before attempt number `attempt` (from 0), in milliseconds. Half of it
 * is certain and half is chance, so that the pages of a whole office don't come
 * back in the same instant, and none of them hammers.
 *
 * @param random a number from 0 to 1
 */
export function backoff(attempt: number, random = Math.random()): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 30));
  return (ceiling * (1 + random)) / 2;
}
