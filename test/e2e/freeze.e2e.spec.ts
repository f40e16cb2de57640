/** A drive frozen at its first error stays as it is, whoever dies around it, until an operator lets it go. */
import { assay } from "./assay";
import { hostFile, serialOf } from "./drives";
import { eventually } from "./eventually";
import { type ServiceName, startLab, type TestLab } from "./lab";
import { expectWholeJournal, Rest, type RunSeen } from "./rest";

const UNREADABLE = '[{ kind: bad-status, opcode: 2, slba: "0", lbaCount: 4096, sct: 2, sc: 129, times: 1 }]';

describe("a drive that a plan has frozen", () => {
  let lab: TestLab;
  let rest: Rest;

  beforeAll(async () => {
    lab = await startLab({ hostFile: hostFile([{ serial: serialOf(1), faults: UNREADABLE }]) });
    rest = Rest.of(lab);
    await rest.untilKnown(1);
  });
  afterAll(() => lab?.stop());

  it("stays parked through the death of agent and orchestrator, shows its commands, and fails when it is released", async () => {
    const id = await rest.submit("freeze-on-error", serialOf(1), { region: "2MiB", depth: 4 });
    const isFrozen = async () => {
      const run = await rest.get<RunSeen & { parked: boolean; frozen: { sc: number } | null }>(`/runs/${id}`);
      return run.parked && run.frozen;
    };
    expect(await eventually("the run is frozen", 120_000, isFrozen)).toMatchObject({ sct: 2, sc: 0x81, opcode: 2 });
    const runner = lab.runnerPid(id);
    for (const victim of ["agent", "orchestrator"] satisfies ServiceName[]) {
      const before = lab.pids()[victim];
      lab.kill(victim, "SIGKILL");
      await eventually(`another ${victim} is there`, 60_000, () => lab.pids()[victim] !== before);
    }
    await eventually("the lab answers again", 60_000, async () => (await isFrozen().catch(() => null)) !== null);
    expect(lab.runnerPid(id)).toBe(runner);

    const env = { ASSAY_URL: lab.url, ASSAY_TOKEN: lab.token };
    const failing = await eventually("its last commands are there", 60_000, async () => {
      const { queues } = await rest.get<{ queues: { entries: { sct: number; sc: number }[] }[] }>(`/runs/${id}/cmdlog`);
      return queues.flatMap(({ entries }) => entries).find(({ sct, sc }) => sct === 2 && sc === 0x81);
    });
    expect(failing).toMatchObject({ opcode: 2 });
    expect((await assay(["run", "show", id], env)).stdout).toMatch(
      /frozen .* status 02\/81 on opcode 02h.*run release/,
    );

    const released = await assay(["run", "release", id, "--reason", "the dump is taken", "--wait"], env);
    expect(released).toMatchObject({ code: 1, stdout: expect.stringContaining("the dump is taken") });
    const [run] = await rest.untilFinished([id], 60_000);
    expect(run).toMatchObject({ verdict: "failed", attribution: { cause: "dut" } });
    const events = await eventually("it has ended", 60_000, async () => {
      const all = await rest.events(id);
      return all.at(-1)?.body.type === "ended" && all;
    });
    expectWholeJournal(events);
    expect(events.map(({ body }) => body.type)).toEqual(expect.arrayContaining(["frozen", "released"]));
  }, 500_000);
});
