/** JUnit XML: a suite per run, a case per criterion and one for the run itself. failed -> failure, errored -> error. */
import type { ReportRecord } from "../api/report-lines";
import { attributedTo, criterionName, type JudgedRun, judgedRuns } from "./judged-runs";

export async function* junitXml(records: AsyncIterable<ReportRecord>): AsyncGenerator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="assay">\n';
  for await (const judged of judgedRuns(records)) yield suite(judged);
  yield "</testsuites>\n";
}

function suite(judged: JudgedRun): string {
  const { run, criteria } = judged;
  const outcomes = [...criteria.map(({ outcome }) => outcome), run.verdict];
  const count = (...wanted: (string | null)[]) => outcomes.filter((outcome) => wanted.includes(outcome)).length;
  const seconds = duration(run);
  const head = attributes({
    name: `${run.plan} on ${run.dut.serial}`,
    tests: outcomes.length,
    failures: count("failed"),
    errors: count("errored"),
    skipped: count("aborted", null),
    timestamp: run.startedAt ?? run.submittedAt,
    time: seconds,
    hostname: run.host ?? undefined,
    id: run.id,
  });
  const cases = [
    ...criteria.map((criterion) => {
      const { outcome, reason } = criterion;
      return testcase(run, criterionName(criterion), outcome, reason, undefined);
    }),
    testcase(run, "run", run.verdict, run.reason ?? run.waitingReason ?? `it is ${run.state}`, seconds),
  ];
  return `  <testsuite ${head}>\n${properties(judged)}${cases.join("")}  </testsuite>\n`;
}

function testcase(run: JudgedRun["run"], name: string, outcome: string | null, reason: string, time?: string): string {
  const head = attributes({ classname: `${run.plan}.${run.dut.serial}`, name, time });
  if (outcome === "passed") return `    <testcase ${head}/>\n`;
  return `    <testcase ${head}>\n      ${ending(outcome, reason, attributedTo(run))}\n    </testcase>\n`;
}

function ending(outcome: string | null, reason: string, blamed: string | null): string {
  const message = attributes({ message: reason, type: outcome ?? "unfinished" });
  if (outcome === "failed" || outcome === "errored") {
    const element = outcome === "failed" ? "failure" : "error";
    return `<${element} ${message}>${blamed === null ? "" : text(`attributed to ${blamed}`)}</${element}>`;
  }
  return `<skipped ${attributes({ message: `${outcome ?? "unfinished"}: ${reason}` })}/>`;
}

function properties({ run, version }: JudgedRun): string {
  const facts = {
    ...{ run: run.id, dut: run.dut.serial, model: run.dut.model, firmware: run.firmwareAtStart },
    ...{ "firmware.end": run.firmwareAtEnd, host: run.host, slot: run.slot, plan: run.plan, "plan.version": version },
    ...{ "plan.hash": run.planHash, "stimulus.hash": run.stimulusHash, seed: run.seed, attempt: run.attempt },
    ...{ agent: run.agentVersion, driver: run.driverVersion, implementation: run.hostImplementation },
    ...{ kernel: run.kernel, verdict: run.verdict, attribution: attributedTo(run) },
  };
  const lines = Object.entries(facts)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `      <property ${attributes({ name, value: value! })}/>\n`);
  return `    <properties>\n${lines.join("")}    </properties>\n`;
}

function duration({ startedAt, finishedAt }: JudgedRun["run"]): string | undefined {
  if (startedAt === null || finishedAt === null) return undefined;
  return (Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) / 1000).toFixed(3);
}

function attributes(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${text(String(value))}"`)
    .join(" ");
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;" };

/** Characters that XML 1.0 cannot carry at all become a question mark. */
function text(raw: string): string {
  return [...raw]
    .map((character) => ENTITIES[character] ?? (isXml(character.codePointAt(0)!) ? character : "?"))
    .join("");
}

function isXml(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 13;
  return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
}
