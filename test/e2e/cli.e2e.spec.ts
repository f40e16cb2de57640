/** The command line against a lab: what people see, what shells are told. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assay, type Said } from "./assay";
import { drives, hostFile, serialOf } from "./drives";
import { eventually } from "./eventually";
import { startLab, type TestLab } from "./lab";
import type { RunSeen } from "./rest";

const GOOD = serialOf(1);
const BAD = serialOf(2);

describe("assay", () => {
  let lab: TestLab;

  beforeAll(async () => {
    lab = await startLab({ hostFile: hostFile(drives(2, { defect: true })) });
    await eventually("the drives are seen", 60_000, async () => (await json<unknown[]>("dut", "list")).length === 2);
  }, 240_000);
  afterAll(() => lab?.stop(), 120_000);

  const run = (...args: string[]): Promise<Said> => assay(args, { ASSAY_HOME: lab.home });
  async function json<T>(...args: string[]): Promise<T> {
    return JSON.parse((await run("-o", "json", ...args)).stdout) as T;
  }

  it("finds the lab and its token by the folder alone", async () => {
    const { code, stdout } = await run("dut", "list");
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${GOOD} +ASSAY SIM A +A1.0 +\\w+ +available +e2e-01 +bay-1 +64 MiB$`, "m"));
  });

  it("ends with 0 after a run that passed, and follows its log to the verdict", async () => {
    const { code, stdout, stderr } = await run("run", "submit", "smoke", GOOD, "-p", "time=1s", "--wait");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^verdict +passed$/m);
    expect(stdout).toMatch(/^no-errors +passed +fill\.errors +0 +eq 0/m);
    const id = /^run +(\S+)$/m.exec(stdout)![1]!;
    const log = await run("run", "logs", "-f", id.slice(0, 8));
    expect(log.code).toBe(0);
    expect(log.stdout).toMatch(/step fill \(ioworker\)/);
    expect(log.stdout.trim().split("\n").at(-1)).toMatch(/ended \(finished\)/);
    expect(log.stderr).toMatch(/verdict: passed/);
    const events = (await run("-o", "json", "run", "logs", id)).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map((event: { seq: number }) => event.seq)).toEqual(events.map((_, at) => at + 1));
  }, 120_000);

  it("ends with 1 after a run that failed; the drive is kept until somebody releases it", async () => {
    const failed = await run("run", "submit", "verify-soak", BAD, "-p", "time=4s", "--wait");
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/^attributed to +dut/m);
    expect(failed.stdout).toMatch(/LBA \d+ .*\n +expected [0-9a-f]+\n +got +[0-9a-f]+/);
    const id = /^run +(\S+)$/m.exec(failed.stdout)![1]!;
    expect((await run("cmdlog", id, "-n", "2")).stdout).toMatch(/queue \d+, .*\n +#\d+ .*\n +#\d+ /);

    const waiting = (await run("run", "submit", "smoke", BAD)).stdout.trim();
    const late = await run("run", "wait", waiting, "--timeout", "3s");
    expect(late.code).toBe(5);
    expect(late.stderr).toMatch(/timed out waiting\n.*queued \(DUT .* is on hold/);

    expect((await run("dut", "release", BAD)).code).toBe(2);
    expect((await run("dut", "release", BAD, "--reason", "looked at it")).code).toBe(0);
    const after = await run("run", "wait", waiting, "--timeout", "90s");
    expect([0, 1]).toContain(after.code);
  }, 240_000);

  it("ends with 4 after a run that somebody cancelled", async () => {
    const id = (await run("run", "submit", "verify-soak", GOOD, "-p", "time=5m")).stdout.trim();
    await eventually("it runs", 90_000, async () => (await json<RunSeen>("run", "show", id)).state === "running");
    expect((await run("run", "cancel", id, "--reason", "enough")).code).toBe(0);
    const ended = await run("run", "wait", id, "--timeout", "90s");
    expect(ended.code).toBe(4);
    expect(ended.stdout).toMatch(/aborted/);
  }, 240_000);

  it("creates a campaign in order, and refuses one without drives", async () => {
    expect((await run("campaign", "create", "none", "--plan", "smoke")).code).toBe(2);
    const plans = ["--plan", "smoke", "--plan", "random-read"];
    const parameters = ["-p", "smoke:time=1s", "-p", "random-read:time=1s"];
    const made = await run("campaign", "create", "nightly", ...plans, "--dut", GOOD, ...parameters, "--wait");
    expect(made.code).toBe(0);
    const shown = await run("campaign", "show", "nightly");
    expect(shown.stdout).toMatch(/^runs +2 passed$/m);
  }, 240_000);

  it("ends a campaign's wait when what is left stands behind a hold, and says what is held", async () => {
    expect((await run("dut", "hold", GOOD, "--reason", "borrowed")).code).toBe(0);
    const made = await run("campaign", "create", "held", "--plan", "smoke", "--dut", GOOD, "--wait");
    expect(made.code).toBe(5);
    expect(made.stderr).toMatch(
      /nothing moves any more: the run that is left waits for a person\n.* is on hold .*: borrowed/,
    );
    expect((await run("campaign", "cancel", "held")).code).toBe(0);
    expect((await run("dut", "release", GOOD, "--reason", "it is back")).code).toBe(0);
  }, 120_000);

  it("shows what a run measured and read, and keeps it for ever when asked to", async () => {
    const [passed] = await json<{ id: string }[]>(
      "run",
      "list",
      "--plan",
      "smoke",
      "--verdict",
      "passed",
      "--limit",
      "1",
    );
    const latency = await run("run", "latency", passed!.id);
    expect(latency.stdout).toMatch(/^fill +write +\d+ +\d+ +[\d.]+ /m);
    expect((await run("run", "snapshots", passed!.id, "--of", "smart")).stdout).toMatch(/ smart +\w+=/);
    expect((await run("run", "pin", passed!.id)).stdout).toMatch(/for ever/);
    expect((await run("run", "unpin", passed!.id)).stdout).toMatch(/as retention says/);
  }, 120_000);

  it("exports a run and a campaign, whole, in the format that is asked for", async () => {
    const folder = mkdtempSync(join(tmpdir(), "assay-exported-"));
    try {
      const [failed] = await json<RunSeen[]>("run", "list", "--verdict", "failed", "--limit", "1");
      const { id } = failed!;
      expect((await run("export", id.slice(0, 8), "--to", folder)).code).toBe(0);
      expect(readdirSync(folder)).toEqual([`${id}.jsonl`]);
      const records = readFileSync(join(folder, `${id}.jsonl`), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { record: string; counts?: Record<string, number> });
      const kinds = new Set(records.map(({ record }) => record));
      for (const kind of ["run", "plan", "dut", "criterion", "latency", "event", "command"])
        expect(kinds).toContain(kind);
      expect(records.at(-1)!.counts!.event).toBe(records.filter(({ record }) => record === "event").length);

      const csv = (await run("export", id, "-f", "csv")).stdout;
      expect(csv).toMatch(new RegExp(`^${id},${failed!.dut.serial},ASSAY SIM A,A1.0,e2e-01,bay-2,.*,iops,1/s,`, "m"));
      expect((await run("export", "nightly", "--campaign", "-f", "junit")).stdout.match(/<testsuite /g)).toHaveLength(
        2,
      );
      expect((await run("export", "nightly", "--campaign", "-f", "tap")).stdout).toMatch(/^ok 2 - .*\n1\.\.2$/m);
      expect((await run("export", id, "-f", "ocp")).stdout).toMatch(
        /"testRunEnd":\{"status":"COMPLETE","result":"FAIL"\}/,
      );
      expect((await run("export", "nightly", "--campaign", "-f", "ocp")).code).toBe(2);
      expect((await run("export", id, "--to", join(folder, "no", "where"))).code).toBe(2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);

  it("explains why a run failed and what became of its drive", async () => {
    const [failed] = await json<RunSeen[]>(
      "run",
      "list",
      "--plan",
      "verify-soak",
      "--verdict",
      "failed",
      "--limit",
      "1",
    );
    const said = await run("explain", failed!.id);
    expect(said.code).toBe(0);
    expect(said.stdout).toMatch(new RegExp(`^verify-soak on ${BAD} failed: `));
    expect(said.stdout).toMatch(/\nBecause\n(.*\n)* {2}Attributed to dut by rule /);
    expect(said.stdout).toMatch(/\nNext\n/);
    expect((await run("explain", "nonsense")).code).toBe(2);
  });

  it("judges stored results by another limit, beside the verdict, which stays", async () => {
    const [passed] = await json<RunSeen[]>("run", "list", "--plan", "smoke", "--verdict", "passed", "--limit", "1");
    const judge = (...limits: string[]) => run("run", "evaluate", passed!.id, "-r", "a new sheet", ...limits);
    const strict = await judge("--limit", "no-errors lt 0");
    expect(strict).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/ passed +failed +no-errors: fill\.errors is 0/),
    });
    expect((await judge()).code).toBe(0);
    expect(await judge("--limit", "no-error=1")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/did you mean/),
    });
    const shown = await run("run", "show", passed!.id);
    expect(shown.stdout).toMatch(/^verdict +passed$/m);
    expect(shown.stdout).toMatch(/ no-errors lt 0 +failed .* a new sheet$/m);
    expect(shown.stdout).toMatch(/ as before +passed /);
  }, 60_000);

  it("pushes a plan and gives its source back", async () => {
    const { stdout: source } = await run("plan", "show", "smoke");
    expect(source).toMatch(/^# smoke: /);
    expect(await run("plan", "show", "nowhere")).toMatchObject({ code: 2 });
    expect((await run("plan", "list")).stdout).toMatch(/^verify-soak +\d+\.\d+\.\d+/m);
  });

  it("ends with 6 when the token is not valid", async () => {
    const { code, stderr } = await assay(["run", "list"], { ASSAY_URL: lab.url, ASSAY_TOKEN: "x".repeat(43) });
    expect(code).toBe(6);
    expect(stderr).toMatch(/token/);
  });
});
