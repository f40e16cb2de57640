/** `npm start -- --once` as somebody starts it on the first day, and again on the second. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type LabProcess, runLab } from "./lab";

const FIRST_WITHIN_MS = 300_000;
const SECOND_WITHIN_MS = 120_000;

describe("npm start -- --once", () => {
  const home = join(mkdtempSync(join(tmpdir(), "assay-demo-")), "lab");
  let port: number;
  let first: { code: number | null; text: string };

  beforeAll(async () => {
    port = await freePort();
    first = await once(FIRST_WITHIN_MS);
  }, FIRST_WITHIN_MS + 30_000);
  afterAll(() => rmSync(join(home, ".."), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));

  async function once(withinMs: number): Promise<{ code: number | null; text: string }> {
    const lab: LabProcess = runLab(["--once"], { home, port });
    const timer = setTimeout(() => lab.child.kill("SIGKILL"), withinMs);
    const code = await lab.exited;
    clearTimeout(timer);
    return { code, text: lab.output() };
  }

  /** Verdict of a plan on a drive, as the table says. */
  const verdictIn = (text: string, plan: string, serial: string) =>
    new RegExp(`^${plan} +${serial} +ASSAY SIM [AB] +(\\w+)`, "m").exec(text)?.[1];

  it("ends with 0 when the demo ended as described", () => {
    if (first.code !== 0) throw new Error(`exit code ${first.code}. It said:\n${first.text}`);
  });

  it("passes smoke on all five drives, and the soak on all but the defective one", () => {
    for (const serial of ["SIM0001", "SIM0002", "SIM0003", "SIM0004", "SIM0005"]) {
      expect(verdictIn(first.text, "smoke", serial)).toBe("passed");
      expect(verdictIn(first.text, "verify-soak", serial)).toBe(serial === "SIM0003" ? "failed" : "passed");
    }
  });

  it("shows LBA, expected, got and the last commands of the defective drive, which is on hold", () => {
    expect(first.text).toMatch(/verify-soak on SIM0003 \(ASSAY SIM A\): failed/);
    expect(first.text).toMatch(/attributed to: dut.*the drive is on hold/);
    expect(first.text).toMatch(/LBA \d+ .*\n +expected [0-9a-f]+\n +got +[0-9a-f]+/);
    expect(first.text).toMatch(/the last commands it received:\n +q\d+ #\d+ .*(Write|Read)/);
  });

  it(
    "shows its history the second time, starts no new demo and repeats its exit code",
    async () => {
      const second = await once(SECOND_WITHIN_MS);
      expect(second.code).toBe(first.code);
      expect(second.text).toMatch(/has run its demo already/);
      expect(verdictIn(second.text, "verify-soak", "SIM0003")).toBe("failed");
      const runs = (text: string) => [...text.matchAll(/ ([0-9a-f]{8})$/gm)].map((match) => match[1]).sort();
      expect(runs(second.text)).toEqual(runs(first.text));
    },
    SECOND_WITHIN_MS + 30_000,
  );
});
