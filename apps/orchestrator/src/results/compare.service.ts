import type { MetricSpec } from "@assay/plans";
import { Injectable } from "@nestjs/common";
import { Database } from "../platform/database";
import { problem } from "../platform/problem";
import { readingQuery } from "./reading-query";
import { specOf } from "./run-results.service";

export interface Question {
  plan: string;
  /** `<step id>.<metric>` */
  metric: string;
  /** Firmware revisions. */
  a: string;
  b: string;
  model?: string;
}

interface SideRow extends Record<string, unknown> {
  model: string;
  path: string;
  firmware: string;
  mean: number;
  since: Date;
  until: Date;
}

/** Is build B slower or flakier than A, on which models? */
@Injectable()
export class CompareService {
  constructor(private readonly database: Database) {}

  async compare({ plan, metric, a, b, model }: Question) {
    const dot = metric.indexOf(".");
    if (dot < 1) throw problem("invalid-request", `metric "${metric}" is not <step id>.<metric>`);
    const name = metric.slice(dot + 1);
    const sides = await this.database.query<SideRow>(readingQuery("compare-metric"), [
      ...[plan, name, metric.slice(0, dot), a, b, model ?? null],
    ]);
    const verdicts = await this.database.query<SideRow>(readingQuery("compare-verdicts"), [plan, a, b, model ?? null]);
    const spec = specOf(name);
    return {
      ...{ plan, metric, a, b, unit: spec?.unit ?? null, direction: spec?.direction ?? "neutral" },
      models: pairUp(sides, a, b, spec),
      verdicts: verdicts.map(withTimes),
    };
  }
}

/** Rows of both revisions side by side, one line per model and step: pure. */
export function pairUp(rows: readonly SideRow[], a: string, b: string, spec: MetricSpec | null) {
  const lines = new Map<string, { model: string; path: string; a: object | null; b: object | null }>();
  for (const row of rows) {
    const key = `${row.model}\n${row.path}`;
    const line = lines.get(key) ?? { model: row.model, path: row.path, a: null, b: null };
    const { model: _, path: __, firmware, ...side } = withTimes(row);
    // The same revision on both sides is a comparison with itself.
    if (firmware === a) line.a = side;
    if (firmware === b) line.b = side;
    lines.set(key, line);
  }
  return [...lines.values()].map((line) => ({ ...line, ...change(line, spec) }));
}

function change({ a, b }: { a: object | null; b: object | null }, spec: MetricSpec | null) {
  const before = (a as { mean?: number } | null)?.mean;
  const after = (b as { mean?: number } | null)?.mean;
  if (before === undefined || after === undefined || before === 0) return { changePercent: null, better: null };
  const changePercent = ((after - before) / before) * 100;
  if (spec === null || spec.direction === "neutral" || changePercent === 0) return { changePercent, better: null };
  return { changePercent, better: changePercent > 0 === (spec.direction === "higher") ? "b" : "a" };
}

function withTimes<T extends { since: Date | null; until: Date | null }>(row: T) {
  return { ...row, since: row.since?.toISOString() ?? null, until: row.until?.toISOString() ?? null };
}
