/** The orchestrator does not answer for a minute of busy runs. Ten minutes are for a person: set AWAY_MS. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { drives, hostFile, serialOf } from "./drives";
import { startLab, type TestLab } from "./lab";
import { expectWholeJournal, Rest } from "./rest";

const AWAY_MS = 60_000;

describe("the orchestrator away in the middle of busy runs", () => {
  let lab: TestLab;
  let rest: Rest;

  beforeAll(async () => {
    lab = await startLab({ hostFile: hostFile(drives(3)) });
    rest = Rest.of(lab);
    await rest.untilKnown(3);
  });
  afterAll(() => lab?.stop());

  it("loses nothing, stores nothing twice, and the agent says how full its spool is", async () => {
    const ids: string[] = [];
    for (let n = 1; n <= 3; n++)
      ids.push(
        await rest.submit("verify-soak", serialOf(n), { time: n === 1 ? "10s" : "70s", region: "4MiB", depth: 4 }),
      );
    await rest.untilRunning(ids, 90_000);
    lab.kill("orchestrator", "SIGSTOP");
    try {
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    } finally {
      lab.kill("orchestrator", "SIGCONT");
    }
    const runs = await rest.untilFinished(ids, 240_000);
    expect(runs.map((run) => run.verdict)).toEqual(["passed", "passed", "passed"]);
    for (const id of ids) expectWholeJournal(await rest.events(id));
    expect(readFileSync(join(lab.home, "logs", "agent.log"), "utf8")).toMatch(/spool: at most [\d.]+ [KMGT]iB in /);
  }, 500_000);
});
