/** Orchestrator, database and agent die with -9 in the middle of ten runs; the lab starts them again. */
import { drives, hostFile, serialOf } from "./drives";
import { eventually } from "./eventually";
import { type ServiceName, startLab, type TestLab } from "./lab";
import { expectWholeJournal, Rest } from "./rest";

const TEN = 10;
const DEFECTIVE = serialOf(TEN);

describe.each<ServiceName>(["orchestrator", "database", "agent"])(
  "the %s killed with -9 in the middle of ten runs",
  (victim) => {
    let lab: TestLab;
    let rest: Rest;

    beforeAll(async () => {
      lab = await startLab({ hostFile: hostFile(drives(TEN, { defect: true })) });
      rest = Rest.of(lab);
    });
    afterAll(() => lab?.stop());

    it("changes no verdict, and every journal is whole", async () => {
      await rest.untilKnown(TEN);
      const ids: string[] = [];
      for (let n = 1; n <= TEN; n++)
        ids.push(await rest.submit("verify-soak", serialOf(n), { time: "8s", region: "4MiB", depth: 4 }));
      await rest.untilRunning(ids, 90_000);
      const before = lab.pids()[victim];
      lab.kill(victim, "SIGKILL");
      await eventually(`another ${victim} is there`, 60_000, () => lab.pids()[victim] !== before);
      // Seen and told by the one who started it, after a back-off.
      await eventually("it is said to be back", 60_000, () => lab.output().includes(`! the ${victim} is back`));
      expect(lab.output()).toMatch(new RegExp(`! the ${victim} .*starting it again in \\d+ ms`));

      const runs = await rest.untilFinished(ids, 240_000);
      expect(runs.map((run) => run.verdict)).toEqual([...Array(TEN - 1).fill("passed"), "failed"]);
      expect(runs[TEN - 1]!.attribution?.cause).toBe("dut");
      expect(runs.map((run) => run.attempt)).toEqual(Array(TEN).fill(1));
      for (const id of ids) expectWholeJournal(await rest.events(id));
      const { items: all } = await rest.get<{ items: { dut: unknown }[] }>("/runs?limit=100");
      expect(all).toHaveLength(TEN);
      const dut = await rest.get<{ intent: string }>(`/duts/${DEFECTIVE}`);
      expect(dut.intent).toBe("hold");
    }, 500_000);
  },
);
