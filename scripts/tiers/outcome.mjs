/**
 * What a tier tells: `{ passed, failed, skipped, reasons }`. A tier that could not be carried out counts as one failure:
 * nothing is passed over in silence.
 */
export const failures = (outcomes) => outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);

const total = (outcomes, key) => outcomes.reduce((sum, outcome) => sum + outcome[key], 0);

/** The last line of `npm test`. */
export function totalLine(outcomes) {
  return `${total(outcomes, "passed")} passed, ${failures(outcomes)} failed, ${total(outcomes, "skipped")} skipped`;
}

/** One line per tier, with the reason for what was skipped. */
export function summaryLine({ name, passed, failed, skipped, reasons = [], seconds }) {
  const why = reasons.length > 0 ? reasons.join("; ") : "no reason was given";
  const parts = [];
  if (passed > 0) parts.push(`passed ${passed}`);
  if (failed > 0) parts.push(`failed ${failed}`);
  if (skipped > 0) parts.push(parts.length > 0 ? `skipped ${skipped}: ${why}` : `skipped: ${why} (${skipped})`);
  else if (parts.length === 0) parts.push(`skipped: ${why}`);
  return `${name.padEnd(12)} ${parts.join(", ")}  [${seconds.toFixed(0)} s]`;
}
