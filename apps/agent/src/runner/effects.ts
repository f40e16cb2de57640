/** Promise 5: an effect is journalled as intent (on the disk before it happens), then done once, then its outcome. */
import type { Effect, MetricValue } from "@assay/plans";
import { placeOf } from "./place";
import { type StepScope } from "./scope";

export interface EffectOutcome<T> {
  ok: boolean;
  detail: Record<string, MetricValue>;
  /** What stands outside the drive and confirms it; null when there is nothing. */
  witness: string | null;
  value: T;
}

/**
 * Asks the guard for `effect`, then journals and acts. An exception of `act` is journalled as an outcome that is not ok
 * and passed on: an effect is never repeated.
 */
export async function carryOut<T>(
  scope: StepScope,
  step: { id: string },
  effect: Effect,
  name: string,
  detail: Record<string, MetricValue>,
  act: () => Promise<EffectOutcome<T>>,
): Promise<T> {
  const { journal, drive } = scope.run;
  const place = placeOf(scope, step.id);
  await drive.beforeEffect(effect);
  journal.append({ type: "effect-intent", ...place, effect: name, detail });
  await journal.sync();
  try {
    // The last look before the act: the disk may have been slow, or the process stopped, for longer than the poll takes.
    scope.run.lookForStops();
    scope.signal.throwIfAborted();
    const outcome = await act();
    journal.append({
      type: "effect-outcome",
      ...place,
      effect: name,
      ok: outcome.ok,
      detail: outcome.detail,
      witness: outcome.witness,
    });
    return outcome.value;
  } catch (error) {
    const reason = (error as Error).message;
    journal.append({ type: "effect-outcome", ...place, effect: name, ok: false, detail: { reason }, witness: null });
    throw error;
  } finally {
    await journal.sync();
  }
}
