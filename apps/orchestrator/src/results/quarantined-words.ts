/** What events that could not be stored take away from a judgement: pure. */
import type { CriterionResult } from "@assay/plans";
import type { QuarantinedWord } from "./run-evidence";

const sentence = ({ seq, type, reason }: QuarantinedWord) => `event ${seq} (${type}) could not be stored: ${reason}`;

/** A criterion whose data are incomplete is errored, whatever the rest of them says. */
export function unbelieved(results: CriterionResult[], words: readonly QuarantinedWord[]): CriterionResult[] {
  if (words.length === 0) return results;
  return results.map((result) => {
    const touching = words.find(
      ({ metrics }) => metrics === null || metrics.some((name) => names(result.metric, name)),
    );
    return touching === undefined ? result : { ...result, outcome: "errored", value: null, reason: sentence(touching) };
  });
}

/** A criterion with `delta` names the metric without its step. */
function names(wanted: string, metric: string): boolean {
  return metric === wanted || metric.slice(metric.indexOf(".") + 1) === wanted;
}

/** Why a run without a broken criterion cannot be called passed; null when nothing of weight is missing. */
export function missingWord(words: readonly QuarantinedWord[]): string | null {
  const anything = words.find(({ metrics }) => metrics === null);
  return anything === undefined ? null : sentence(anything);
}
