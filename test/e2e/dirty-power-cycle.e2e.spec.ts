/** A hundred power cuts through the whole product: no false violation, and a drive that lies about Flush is found. */
import { hostFile } from "./drives";
import { startLab, type TestLab } from "./lab";
import { expectWholeJournal, Rest } from "./rest";

const CUTS = 100;

describe("dirty-power-cycle", () => {
  let lab: TestLab;
  let rest: Rest;

  beforeAll(async () => {
    lab = await startLab({
      hostFile: hostFile([
        { serial: "HONEST", volatileCache: true },
        { serial: "LIAR", volatileCache: true, faults: "[{ kind: flush-lies }]" },
      ]),
    });
    rest = Rest.of(lab);
    await rest.untilKnown(2);
  });
  afterAll(() => lab?.stop());

  it("finds nothing on an honest drive in a hundred cuts, and the lie on the other", async () => {
    const honest = await rest.submit("dirty-power-cycle", "HONEST", { times: CUTS, longest: "100ms" });
    const liar = await rest.submit("dirty-power-cycle", "LIAR", { times: CUTS, longest: "100ms", flushEvery: 10 });
    const [clean, found] = await rest.untilFinished([honest, liar], 600_000);
    expect(clean).toMatchObject({ verdict: "passed" });
    expect(found).toMatchObject({ verdict: "failed", attribution: { cause: "dut" } });
    const events = await rest.events(honest);
    expectWholeJournal(events);
    const outcomes = (effect: string) =>
      events.filter(({ body }) => body.type === "effect-outcome" && body.effect === effect && body.ok === true).length;
    expect([outcomes("power-cut"), outcomes("power-restore")]).toEqual([CUTS, CUTS]);
    expect(events.filter(({ body }) => body.type === "miscompare")).toEqual([]);
    expect(events.find(({ body }) => body.type === "exposure")!.body).toMatchObject({ powerCycles: CUTS });
    expect((await rest.events(liar)).some((event) => event.body.type === "miscompare")).toBe(true);
    expect(await rest.get(`/duts/LIAR`)).toMatchObject({ intent: "hold" });
  }, 700_000);
});
