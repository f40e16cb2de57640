/** A runner that dies is one lost run, never a lost slot. */
import { drives, hostFile, serialOf } from "./drives";
import { eventually } from "./eventually";
import { startLab, type TestLab } from "./lab";
import { expectWholeJournal, Rest, type RunSeen } from "./rest";

describe("a runner killed with -9", () => {
  let lab: TestLab;
  let rest: Rest;

  beforeAll(async () => {
    lab = await startLab({ hostFile: hostFile(drives(1)) });
    rest = Rest.of(lab);
    await rest.untilKnown(1);
  });
  afterAll(() => lab?.stop());

  it("leaves a run that is errored by its host, with its cmdlog, and a retry that passes without a human", async () => {
    const id = await rest.submit("verify-soak", serialOf(1), { time: "5s", region: "4MiB", depth: 4 });
    await rest.untilRunning([id], 90_000);
    const pid = await eventually("I/O is on its way", 60_000, async () => {
      const events = await rest.events(id);
      return events.some((event) => event.body.type === "samples") && lab.runnerPid(id);
    });
    process.kill(pid, "SIGKILL");

    const [run] = await rest.untilFinished([id], 120_000);
    expect(run).toMatchObject({ verdict: "errored", attribution: { cause: "host" } });
    const events = await rest.events(id);
    expectWholeJournal(events);
    expect(events.at(-1)!.body).toMatchObject({ type: "ended", cause: "crashed", signal: expect.anything() });

    const cmdlog = await rest.get<{ queues: { qid: number; entries: unknown[] }[] }>(`/runs/${id}/cmdlog`);
    expect(cmdlog.queues.some((queue) => queue.qid > 0 && queue.entries.length > 0)).toBe(true);

    const retry = await eventually("a retry was made by itself", 60_000, async () => {
      const { items } = await rest.get<{ items: RunSeen[] }>("/runs?limit=20");
      return items.find((item) => item.retryOfId === id);
    });
    const [again] = await rest.untilFinished([retry.id], 180_000);
    expect(again).toMatchObject({ verdict: "passed", retryOfId: id });
  }, 400_000);
});
