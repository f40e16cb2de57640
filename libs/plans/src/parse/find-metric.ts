/** `<step id>.<metric>` in a draft. */
import { suggestion } from "../document/suggest";
import { METRICS, type MetricSpec, metricSpec } from "../metrics";
import type { Report } from "./check";
import type { Draft, DraftStep } from "./draft";
import type { Path } from "./positions";

/** The step and the registry's line, or null: then the problem has been reported. */
export function findMetric(
  name: string,
  path: Path,
  draft: Draft,
  report: Report,
): { step: DraftStep; spec: MetricSpec } | null {
  const dot = name.indexOf(".");
  const [id, metric] = [name.slice(0, Math.max(0, dot)), name.slice(dot + 1)];
  if (dot < 1) report(path, `\`${name}\` is no metric: write \`<step id>.<metric>\``);
  const step = dot < 1 ? null : findStep(draft, id);
  if (dot < 1) return null;
  if (!step) {
    if (draft.unread.has(id)) return null;
    report(
      path,
      `unknown step \`${id}\`${suggestion(
        id,
        draft.all.flatMap((other) => other.id ?? []),
      )}`,
    );
    return null;
  }
  const spec = metricSpec(step.kind, metric);
  if (!spec)
    report(
      path,
      `unknown metric \`${metric}\` of the ${step.kind} step \`${id}\`${suggestion(metric, Object.keys(METRICS[step.kind])) || `: a ${step.kind} measures nothing`}`,
    );
  return spec ? { step, spec } : null;
}

export function findStep(draft: Draft, id: string): DraftStep | null {
  return draft.all.find((step) => step.id === id) ?? null;
}
