import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "./command.mjs";

/** For tests that name no limit themselves: a machine with two busy cores is no failure. */
const QUICK_TEST_MS = 60_000;
/** In the line of a tier; the run's own output has all of them. */
const MAX_REASONS = 5;
/** Settings of the person who starts the tests must not reach a test. */
const FOREIGN = ["DATABASE_URL", "REDIS_URL", "NODE_ENV"];
/** Where the machine keeps a real peer: these must. */
const PEERS = ["ASSAY_NVMF_TGT"];

/**
 * One jest project as a tier. `missing()` says what this machine lacks for it, or null; the specs themselves look again
 * and skip, so that the number of skipped tests is known.
 */
export async function runJest(project, { limitMs, workers = 2, missing = () => null }) {
  const folder = mkdtempSync(join(tmpdir(), "assay-tests-"));
  const report = join(folder, "report.json");
  const skips = join(folder, "skipped-on-the-way");
  try {
    const { timedOut } = await runProgram(
      process.execPath,
      [
        "node_modules/jest/bin/jest.js",
        "--selectProjects",
        project,
        "--json",
        `--outputFile=${report}`,
        `--maxWorkers=${workers}`,
        "--passWithNoTests",
        "--ci",
        `--testTimeout=${QUICK_TEST_MS}`,
      ],
      { limitMs, env: { ...cleanEnvironment(process.env), ASSAY_SKIPPED_ON_THE_WAY: skips } },
    );
    const outcome = withoutSkips(readReport(report, missing()), readSkips(skips));
    if (!timedOut) return outcome;
    console.log(`The tier ${project} did not end within ${limitMs / 60_000} minutes.`);
    return { ...outcome, failed: outcome.failed + 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cleanEnvironment(env) {
  const reaches = (name) => PEERS.includes(name) || !(name.startsWith("ASSAY_") || FOREIGN.includes(name));
  return Object.fromEntries(Object.entries(env).filter(([name]) => reaches(name)));
}

function readReport(file, lack) {
  let report;
  try {
    // Without --useStderr the JSON would go to stdout; a file is whole or absent.
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 1, skipped: 0, reasons: ["jest wrote no report"] };
  }
  const skipped = report.numPendingTests + report.numTodoTests;
  const tests = report.testResults.flatMap((suite) => suite.assertionResults);
  const skippedNames = tests
    .filter((test) => test.status === "pending" || test.status === "todo")
    .map((test) => test.fullName);
  const reasons = lack !== null ? [lack] : namedReasons(skippedNames);
  if (report.numTotalTests === 0 && report.numRuntimeErrorTestSuites === 0)
    reasons.push("there are no tests in it yet");
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped,
    reasons,
  };
}

/** Reasons of tests that found out on their way that they have nothing to show here, a JSON string a line. */
function readSkips(file) {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

function withoutSkips(outcome, skips) {
  const reasons = [...new Set([...outcome.reasons, ...skips])].slice(0, MAX_REASONS);
  return { ...outcome, passed: outcome.passed - skips.length, skipped: outcome.skipped + skips.length, reasons };
}

/** Tests that skip themselves say why in brackets at the end of their group's name: `... [needs Redis]`. */
function namedReasons(names) {
  return [...new Set(names.map((name) => /\[([^\]]+)\]/.exec(name)?.[1] ?? name))].slice(0, MAX_REASONS);
}
