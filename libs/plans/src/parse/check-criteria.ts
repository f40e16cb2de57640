/** Criteria and asserts: what they name exists, was measured where they look, and is compared with its like. */
import { suggestion } from "../document/suggest";
import { METRICS, type MetricSpec, metricSpec } from "../metrics";
import type { Check, Report } from "./check";
import { checkComparison, DIMENSION_OF_UNIT } from "./check-comparison";
import type { Draft, DraftStep, Part } from "./draft";
import { findMetric, findStep } from "./find-metric";
import type { Path } from "./positions";

export const checkCriteria: Check = (draft, report) => {
  for (const criterion of draft.criteria) checkCriterion(criterion, draft, report);
  for (const step of draft.all.filter(({ kind }) => kind === "assert")) checkAssert(step, draft, report);
  const judging = draft.criteria.length || draft.all.some(({ kind }) => kind === "assert" || kind === "admin");
  if (!judging && draft.all.length)
    report(["spec"], "the plan judges nothing: give it `criteria`, an `assert` or an `admin` step", "key");
};

function checkCriterion(part: Part, draft: Draft, report: Report): void {
  const { body, path } = part;
  const each = typeof body.each === "string" ? body.each : null;
  const repeat = each === null ? null : findStep(draft, each);
  if (each !== null && repeat?.kind !== "repeat") {
    const repeats = draft.all.filter(({ kind }) => kind === "repeat").flatMap(({ id }) => id ?? []);
    if (!draft.unread.has(each))
      report(
        [...path, "each"],
        repeat
          ? `\`each\` names a repeat; \`${each}\` is of kind ${repeat.kind}`
          : `unknown repeat \`${each}\`${suggestion(each, repeats)}`,
      );
  }
  if (body.onViolation === "stop" && each === null)
    report([...path, "onViolation"], "`onViolation: stop` needs `each`: without it the criterion is judged at the end");
  const inside = repeat?.kind === "repeat" ? repeat : null;
  const specs =
    body.delta === undefined
      ? []
      : Array.isArray(body.delta)
        ? deltaMetrics(part, body.delta, inside, draft, report)
        : plainMetrics(part, inside, draft, report);
  const names = metricsOf(body);
  for (const { name, at } of names.filter((one, index) => names.findIndex((other) => other.name === one.name) < index))
    report([...path, "metric", ...at], `\`${name}\` stands twice in this criterion`);
  checkComparison(part, specs, draft, report);
}

function checkAssert(step: DraftStep, draft: Draft, report: Report): void {
  const path = [...step.path, "metric"];
  const found = typeof step.body.metric === "string" ? findMetric(step.body.metric, path, draft, report) : null;
  if (found && found.step.order > step.order)
    report(path, `\`${found.step.id}\` comes after this assert: nothing is measured yet`);
  else if (found && !repeatsOf(found.step).every((repeat) => step.around.includes(repeat)))
    report(path, `\`${found.step.id}\` stands inside a repeat that has ended before this assert`);
  checkComparison(step, found ? [found.spec] : [], draft, report);
}

function plainMetrics(
  { body, path, written }: Part,
  inside: DraftStep | null,
  draft: Draft,
  report: Report,
): MetricSpec[] {
  return metricsOf(body).flatMap(({ name, at }) => {
    const metricPath = [...path, "metric", ...at];
    const found = written.has("metric") ? findMetric(name, metricPath, draft, report) : null;
    if (found && inside && !found.step.around.includes(inside) && found.step !== inside)
      report(metricPath, `\`${found.step.id}\` stands outside \`${inside.id}\`, whose iterations \`each\` judges`);
    return found ? [found.spec] : [];
  });
}

function deltaMetrics(
  { body, path }: Part,
  delta: unknown[],
  inside: DraftStep | null,
  draft: Draft,
  report: Report,
): MetricSpec[] {
  const ids = draft.all.filter(({ kind }) => kind === "snapshot").flatMap(({ id }) => id ?? []);
  const snapshots = delta.flatMap((id, index) => {
    const step = findStep(draft, String(id));
    if (step?.kind === "snapshot") return [step];
    if (draft.unread.has(String(id))) return [];
    report(
      [...path, "delta", index],
      step
        ? `\`delta\` names two snapshot steps; \`${id}\` is of kind ${step.kind}`
        : `unknown step \`${id}\`${suggestion(String(id), ids)}`,
    );
    return [];
  });
  const [before, after] = snapshots;
  if (before && after) {
    if (before === after)
      report([...path, "delta"], "`delta` names the same snapshot twice: the difference is always 0");
    const [outer, inner] = repeatsOf(before).length <= repeatsOf(after).length ? [before, after] : [after, before];
    if (!repeatsOf(outer).every((repeat) => inner.around.includes(repeat)))
      report(
        [...path, "delta"],
        `\`${before.id}\` and \`${after.id}\` stand in different repeats: there is no pair of them`,
      );
    else if (inside && !inner.around.includes(inside))
      report(
        [...path, "delta"],
        `\`${before.id}\` and \`${after.id}\` stand outside \`${inside.id}\`, whose iterations \`each\` judges`,
      );
  }
  return metricsOf(body).flatMap(({ name, at }) => {
    const spec = metricSpec("snapshot", name);
    if (!spec)
      report(
        [...path, "metric", ...at],
        `unknown metric \`${name}\` of a snapshot${suggestion(name, Object.keys(METRICS.snapshot))}`,
      );
    else if (DIMENSION_OF_UNIT[spec.unit] === "string" || spec.unit === "flag")
      report([...path, "metric", ...at], `\`${name}\` is no number: there is no difference of it`);
    return spec ? [spec] : [];
  });
}

function metricsOf(body: Part["body"]): { name: string; at: Path }[] {
  const names = Array.isArray(body.metric) ? (body.metric as string[]) : [];
  return names.map((name, index) => ({ name, at: names.length > 1 ? [index] : [] }));
}

const repeatsOf = ({ around }: DraftStep) => around.filter(({ kind }) => kind === "repeat");
