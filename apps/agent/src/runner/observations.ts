import type { MetricName, MetricValue, Observation, StepKind } from "@assay/plans";
import type { Journal } from "./journal";
import { placeOf, type Standing } from "./place";

/** What this run has measured so far, in the order of measuring: what the criteria judge. */
export class Observations {
  private readonly list: Observation[] = [];

  constructor(private readonly journal: Journal) {}

  get all(): readonly Observation[] {
    return this.list;
  }

  /** What an iteration can refer to: its own, from the `mark`-th on, and what was measured outside of its repeat. */
  visibleFrom(mark: number, outerDepth: number): Observation[] {
    return this.list.filter((o, index) => index >= mark || o.iteration.length <= outerDepth);
  }

  /** The newest unlabelled value of a metric of the step with this id. */
  newestOf(stepId: string, metric: string): MetricValue | undefined {
    const isIt = (o: Observation) => o.metric === metric && o.path.split("/").at(-1) === stepId;
    return this.list.findLast((o) => isIt(o) && Object.keys(o.labels).length === 0)?.value;
  }

  /**
   * Journals metrics of one execution of a step and keeps them for the criteria: both evaluators see the same numbers.
   * Undefined values were not measured and are left out.
   */
  emit<K extends StepKind>(
    standing: Standing,
    step: { kind: K; id: string },
    values: { [M in MetricName<K>]?: MetricValue | undefined },
    labels: Record<string, MetricValue> = {},
  ): void {
    const place = placeOf(standing, step.id);
    const measured: Record<string, MetricValue> = {};
    for (const [metric, value] of Object.entries(values) as [string, MetricValue | undefined][]) {
      if (value === undefined) continue;
      measured[metric] = value;
      this.list.push({ ...place, metric, value, labels });
    }
    if (Object.keys(measured).length > 0) this.journal.append({ type: "metrics", ...place, values: measured, labels });
  }
}
