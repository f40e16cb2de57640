/** `npm start -- --once` as somebody starts it on the first day, and again on the second. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually";
import { freePort, type LabProcess, runLab, startLab } from "./lab";
import { Rest, type RunSeen } from "./rest";

const FIRST_WITHIN_MS = 300_000;
const SECOND_WITHIN_MS = 120_000;
const SERIALS = ["SIM0001", "SIM0002", "SIM0003", "SIM0004", "SIM0005"];
const DEFECTIVE = "SIM0003";

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
    for (const serial of SERIALS) {
      expect(verdictIn(first.text, "smoke", serial)).toBe("passed");
      expect(verdictIn(first.text, "verify-soak", serial)).toBe(serial === DEFECTIVE ? "failed" : "passed");
    }
  });

  it("shows LBA, expected, got and the last commands of the defective drive, which is on hold", () => {
    expect(first.text).toMatch(/verify-soak on SIM0003 \(ASSAY SIM A\): failed/);
    expect(first.text).toMatch(/attributed to: dut.*the drive is on hold/);
    expect(first.text).toMatch(/LBA \d+ .*\n +expected [0-9a-f]+\n +got +[0-9a-f]+/);
    expect(first.text).toMatch(/the last commands it received:\n +q\d+ #\d+ .*(Write|Read)/);
  });

  it(
    "ran smoke first on every drive, and holds the defective one only, which a later run waits for",
    async () => {
      const lab = await startLab({ home, port });
      try {
        const rest = Rest.of(lab);
        const { items: runs } = await rest.get<{ items: RunSeen[] }>("/runs?limit=100");
        for (const serial of SERIALS) {
          const [earlier, later] = ["smoke", "verify-soak"].map((plan) =>
            runs.find((run) => run.plan === plan && run.dut.serial === serial),
          );
          expect(Date.parse(earlier!.finishedAt!)).toBeLessThanOrEqual(Date.parse(later!.startedAt!));
        }
        expect(runs).toHaveLength(2 * SERIALS.length);
        const { items: duts } = await rest.get<{ items: { serial: string; intent: string }[] }>("/duts");
        expect(new Map(duts.map(({ serial, intent }) => [serial, intent]))).toEqual(
          new Map(SERIALS.map((serial) => [serial, serial === DEFECTIVE ? "hold" : "available"])),
        );
        const waiting = await rest.submit("smoke", DEFECTIVE);
        await eventually("it waits on the hold", 60_000, async () =>
          /on hold/.test((await rest.run(waiting)).waitingReason ?? ""),
        );
      } finally {
        await lab.stop();
      }
    },
    SECOND_WITHIN_MS + 90_000,
  );

  it(
    "shows its history the next time, starts no new demo, waits for no run on hold and repeats its exit code",
    async () => {
      const second = await once(SECOND_WITHIN_MS);
      expect(second.code).toBe(first.code);
      expect(second.text).toMatch(/has run its demo already/);
      expect(verdictIn(second.text, "verify-soak", "SIM0003")).toBe("failed");
      const runs = (text: string) => [...text.matchAll(/ ([0-9a-f]{8})$/gm)].map((match) => match[1]).sort();
      expect(runs(second.text)).toEqual(runs(first.text));
      expect(second.text).toMatch(/^1 more run since: npx assay run list$/m);
    },
    SECOND_WITHIN_MS + 30_000,
  );
});
