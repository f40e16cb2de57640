/** Between two neighbours where the share falls between them: an even number of values must not favour the better half. */
export function quantile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at % 1);
}
export const median = (numbers) => quantile(numbers, 0.5);
