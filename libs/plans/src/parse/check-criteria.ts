/** Criteria and asserts: what they name exists, was measured where they look, and is compared with its like. */
import { suggestion } from "../document/suggest";
import { type Dimension, EXAMPLES } from "../document/units";
import { isReference, type Limit, type Reference } from "../document/values";
import { METRICS, type MetricSpec, type MetricUnit, metricSpec } from "../metrics";
import { OPERATORS } from "../resolve/bind-comparison";
import { showReference } from "../resolve/bindings";
import type { Check, Report } from "./check";
import { dimensionOf, fits } from "./check-references";
import type { Draft, DraftStep, Part } from "./draft";
import type { Path } from "./positions";

const DIMENSION_OF_UNIT: Record<MetricUnit, Dimension> = {
  ms: "duration",
  B: "size",
  "B/s": "rate",
  "%": "percent",
  "1/s": "number",
  count: "number",
  text: "string",
  flag: "boolean",
};

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
          ? `\`each\` names a repeat; \`${each}\` is a ${repeat.kind} step`
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
        ? `\`delta\` names two snapshot steps; \`${id}\` is a ${step.kind} step`
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

function checkComparison({ body, path, written }: Part, specs: MetricSpec[], draft: Draft, report: Report): void {
  const operators = OPERATORS.filter((operator) => written.has(operator));
  if (operators.length === 0) report(path, `compares with nothing: give one of ${OPERATORS.join(", ")}`);
  for (const extra of operators.slice(1))
    report(
      [...path, extra],
      `\`${extra}\` beside \`${operators[0]}\`: one comparison only; a second limit is a second criterion`,
      "key",
    );
  for (const operator of operators) {
    const limit = body[operator] as Limit | Reference | undefined;
    const dimension = limit && (isReference(limit) ? dimensionOf(limit, draft) : limit.dimension);
    if (!limit || !dimension) continue;
    const wanted = new Set(
      body.stat === "count" ? ["number" as const] : specs.map(({ unit }) => DIMENSION_OF_UNIT[unit]),
    );
    for (const one of wanted) {
      // 0 needs no unit: no milliseconds are no seconds.
      const zero = !isReference(limit) && limit.value === 0;
      if (!fits(dimension, one) && !(zero && one !== "string" && one !== "boolean"))
        report([...path, operator], mismatch(limit, dimension, one));
      else if ((one === "string" || one === "boolean") && operator !== "eq" && operator !== "ne")
        report([...path, operator], `a ${one} has no order: only eq and ne apply`, "key");
    }
  }
}

function mismatch(limit: Limit | Reference, dimension: Dimension, wanted: Dimension): string {
  const shown = isReference(limit)
    ? `\`${showReference(limit)}\` is a ${dimension}`
    : `${JSON.stringify(limit.value)} is a ${dimension}`;
  return `${shown}, and the metric is compared with ${EXAMPLES[wanted]}`;
}

function findMetric(
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

function metricsOf(body: Part["body"]): { name: string; at: Path }[] {
  const names = Array.isArray(body.metric) ? (body.metric as string[]) : [];
  return names.map((name, index) => ({ name, at: names.length > 1 ? [index] : [] }));
}

const findStep = (draft: Draft, id: string) => draft.all.find((step) => step.id === id) ?? null;
const repeatsOf = ({ around }: DraftStep) => around.filter(({ kind }) => kind === "repeat");
