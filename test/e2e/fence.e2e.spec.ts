/** An operator fences a run whose agent and runner live: the next run waits for them and nothing else. */
import { drives, hostFile, serialOf } from "./drives";
import { eventually } from "./eventually";
import { startLab, type TestLab } from "./lab";
import { Rest, type RunSeen } from "./rest";

describe("a run that is fenced while its agent lives", () => {
  let lab: TestLab;
  let rest: Rest;

  beforeAll(async () => {
    lab = await startLab({ hostFile: hostFile(drives(1)) });
    rest = Rest.of(lab);
    await rest.untilKnown(1);
  });
  afterAll(() => lab?.stop());

  it("is tried again once its host has let go of it, and no attempt is lost on the way", async () => {
    const id = await rest.submit("verify-soak", serialOf(1), { time: "5s", region: "4MiB", depth: 4 });
    await rest.untilRunning([id], 90_000);
    await eventually("I/O is on its way", 60_000, async () =>
      (await rest.events(id)).some((event) => event.body.type === "samples"),
    );
    await rest.post(`/runs/${id}/fence`, { reason: "the rail is off", retry: true });
    expect(await rest.run(id)).toMatchObject({
      state: "finished",
      verdict: "errored",
      attribution: { rule: "fenced" },
    });
    const retry = await eventually("the retry", 30_000, async () => {
      const { items } = await rest.get<{ items: RunSeen[] }>("/runs?limit=20");
      return items.find((item) => item.retryOfId === id);
    });
    const [again] = await rest.untilFinished([retry.id], 240_000);
    expect(again).toMatchObject({ verdict: "passed", attempt: 2 });
    expect((await rest.get<{ items: RunSeen[] }>("/runs?limit=20")).items).toHaveLength(2);
  }, 400_000);
});
