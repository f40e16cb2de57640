/** A service that dies at once is started again ever more slowly, but never given up. */
export const FIRST_DELAY_MS = 250;
export const LONGEST_DELAY_MS = 10_000;
/** Who has lived this long has recovered: the next death counts as the first. */
export const RECOVERED_AFTER_MS = 30_000;

/** Delay before start number `deaths` (1 after the first death). */
export function restartDelayMs(deaths: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(deaths - 1, 16));
}

/** Deaths in a row, after one more that came `livedMs` after its start. */
export function countDeath(deaths: number, livedMs: number): number {
  return livedMs >= RECOVERED_AFTER_MS ? 1 : deaths + 1;
}
