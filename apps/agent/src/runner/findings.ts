/**
 * Of an interrupted step: only those metrics that are findings by themselves, and only where there are any. Half a
 * measurement must not be judged: what is left out is missing, and a missing metric is never a failure of the drive. Pure.
 */
export function findings<M extends string>(
  metrics: { [K in M]?: number | boolean | string },
  names: readonly M[],
): { [K in M]?: number | boolean | string } {
  const found: { [K in M]?: number | boolean | string } = {};
  for (const name of names) {
    const value = metrics[name];
    if (typeof value === "number" && value > 0) found[name] = value;
  }
  return found;
}
