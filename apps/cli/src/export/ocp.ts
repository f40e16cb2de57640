/** OCP Test & Validation output 2.0: one run as JSON lines of artifacts, numbered from 0. */
import { metricSpec, type StepKind } from "@assay/plans";
import type { ReportRecord } from "../api/report-lines";
import { attributedTo, criterionName, type JudgedCriterion, type JudgedRun } from "./judged-runs";

const SCHEMA_VERSION = { major: 2, minor: 0 };
const DUT = "dut";
const JUDGING = "criteria";

type Artifact = Record<string, unknown>;
type Dated = [atMs: number, artifact: Artifact];

const VALIDATORS: Record<string, string> = {
  eq: "EQUAL",
  ne: "NOT_EQUAL",
  lt: "LESS_THAN",
  le: "LESS_THAN_OR_EQUAL",
  gt: "GREATER_THAN",
  ge: "GREATER_THAN_OR_EQUAL",
};
const DIAGNOSES = { passed: "PASS", failed: "FAIL", errored: "UNKNOWN" } as const;
const STEP_STATUS: Record<string, string> = { ok: "COMPLETE", failed: "COMPLETE", errored: "ERROR", skipped: "SKIP" };
const LEVELS: Record<string, string> = { debug: "DEBUG", info: "INFO", warn: "WARNING", error: "ERROR" };
const RUN_ENDS: Record<string, { status: string; result: string }> = {
  passed: { status: "COMPLETE", result: "PASS" },
  failed: { status: "COMPLETE", result: "FAIL" },
  errored: { status: "ERROR", result: "NOT_APPLICABLE" },
  aborted: { status: "SKIP", result: "NOT_APPLICABLE" },
};

export async function* ocpJsonLines(records: AsyncIterable<ReportRecord>): AsyncGenerator<string> {
  let number = 0;
  const line = ([atMs, artifact]: Dated) =>
    `${JSON.stringify({ ...artifact, sequenceNumber: number++, timestamp: new Date(atMs).toISOString() })}\n`;
  let run: JudgedRun["run"] | null = null;
  const criteria: JudgedCriterion[] = [];
  const steps = new Steps();
  let lastMs = 0;
  for await (const record of records) {
    if (record.record === "run") run = record as unknown as JudgedRun["run"];
    if (record.record === "plan" && run !== null) {
      lastMs = Date.parse(run.startedAt ?? run.submittedAt);
      yield line([lastMs, { schemaVersion: SCHEMA_VERSION }]);
      yield line([lastMs, runStart(run, String(record.version))]);
    }
    if (record.record === "criterion" && record.evaluation === 1) criteria.push(record as unknown as JudgedCriterion);
    if (record.record !== "event") continue;
    lastMs = record.atMs as number;
    for (const artifact of steps.artifacts(record.body as EventBody)) yield line([lastMs, artifact]);
  }
  if (run === null) return;
  for (const artifact of judging(criteria)) yield line([lastMs, artifact]);
  const end = RUN_ENDS[run.verdict ?? ""] ?? { status: "SKIP", result: "NOT_APPLICABLE" };
  const blamed = attributedTo(run);
  const message = [run.reason, blamed && `attributed to ${blamed}`].filter(Boolean).join("; ");
  if (run.verdict !== "passed")
    yield line([
      lastMs,
      { testRunArtifact: { log: { severity: "ERROR", message: message || "the run has no verdict" } } },
    ]);
  yield line([lastMs, { testRunArtifact: { testRunEnd: end } }]);
}

function runStart(run: JudgedRun["run"], version: string): Artifact {
  const software = [
    ["firmware", "FIRMWARE", run.dut.model, run.firmwareAtStart],
    ["agent", "APPLICATION", "assay agent", run.agentVersion],
    ["driver", "APPLICATION", `assay driver (${run.hostImplementation})`, run.driverVersion],
    ["kernel", "SYSTEM", "linux", run.kernel],
  ] as const;
  const dutInfo = {
    dutInfoId: DUT,
    name: run.dut.serial,
    platformInfos: [{ info: `host ${run.host}, slot ${run.slot}` }],
    hardwareInfos: [{ hardwareInfoId: "drive", name: run.dut.model, serialNumber: run.dut.serial }],
    softwareInfos: software
      .filter(([, , , its]) => its !== null)
      .map(([id, softwareType, name, its]) => ({ softwareInfoId: id, softwareType, name, version: its })),
    metadata: { run: run.id, stimulus: run.stimulusHash },
  };
  const parameters = { ...run.resolvedParameters, seed: run.seed };
  const testRunStart = {
    name: run.plan,
    version,
    commandLine: `assay run submit ${run.plan} ${run.dut.serial}`,
    parameters,
    dutInfo,
  };
  return { testRunArtifact: { testRunStart } };
}

type EventBody = { type: string; path: string; iteration: number[] } & Record<string, unknown>;

/** Executions of steps by the number that each gets. */
class Steps {
  private readonly ids = new Map<string, { id: string; kind: StepKind }>();
  private next = 0;

  artifacts(body: EventBody): Artifact[] {
    if (body.type === "log")
      return [{ testRunArtifact: { log: { severity: LEVELS[body.level as string], message: body.text } } }];
    if (body.path === undefined) return [];
    const key = `${body.path} ${body.iteration.join(".")}`;
    if (body.type === "step-started") {
      const step = { id: String(this.next++), kind: body.kind as StepKind };
      this.ids.set(key, step);
      return [stepArtifact(step.id, { testStepStart: { name: key.trim() } })];
    }
    const step = this.ids.get(key);
    if (step === undefined) return [];
    if (body.type === "step-finished") {
      this.ids.delete(key);
      const { outcome, reason } = body as { outcome: string; reason: string | null } & EventBody;
      const status = STEP_STATUS[outcome];
      return [stepArtifact(step.id, { testStepEnd: { status, ...(reason === null ? {} : { metadata: { reason } }) } })];
    }
    if (body.type === "miscompare")
      return [
        stepArtifact(step.id, {
          error: { symptom: `miscompare-${body.kind}`, message: `LBA ${body.lba} of namespace ${body.nsid}` },
        }),
      ];
    return body.type === "metrics" ? measurements(step, body) : [];
  }
}

function measurements({ id, kind }: { id: string; kind: StepKind }, body: EventBody): Artifact[] {
  return Object.entries(body.values as Record<string, unknown>).map(([name, value]) =>
    stepArtifact(id, { measurement: { name, unit: metricSpec(kind, name)?.unit, value, metadata: body.labels } }),
  );
}

function* judging(criteria: readonly JudgedCriterion[]): Generator<Artifact> {
  yield stepArtifact(JUDGING, { testStepStart: { name: JUDGING } });
  for (const criterion of criteria) {
    const { metric, value, comparison, outcome, reason, requirement } = criterion;
    const name = criterionName(criterion);
    const validators = [{ name, type: VALIDATORS[comparison.operator], value: comparison.value }];
    if (value !== null) yield stepArtifact(JUDGING, { measurement: { name: metric, value, validators } });
    const diagnosis = { verdict: requirement ?? name, type: DIAGNOSES[outcome], message: reason };
    yield stepArtifact(JUDGING, { diagnosis });
  }
  yield stepArtifact(JUDGING, { testStepEnd: { status: "COMPLETE" } });
}

function stepArtifact(testStepId: string, content: Record<string, unknown>): Artifact {
  return { testStepArtifact: { testStepId, ...content } };
}
