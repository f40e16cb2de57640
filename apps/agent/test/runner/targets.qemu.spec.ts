/** The runner on a PCIe drive: QEMU's, held by vfio-pci in a guest, with the power of its slot. */
import type { EventBody, EventType } from "@assay/protocol";
import { FUNCTIONS, HOT_PORT, HOT_SERIAL, MODEL } from "../../../../libs/nvme-native/test/qemu/drives";
import { GUEST_START_LIMIT_MS, LastingGuest } from "../../../../libs/nvme-native/test/qemu/lasting-guest";
import { ROOT } from "../../../../libs/nvme-native/test/qemu/node-files";
import { whyNoPcie } from "../../../../libs/nvme-native/test/qemu/pcie-guest";
import type { PlanAnswer, PlanRequest } from "./in-guest-plan";

const HERE = `${ROOT}/apps/agent/test/runner`;
const RUN_LIMIT_MS = 240_000;
jest.setTimeout(RUN_LIMIT_MS + GUEST_START_LIMIT_MS);

const missing = whyNoPcie();
if (missing !== null) console.log(`skipped: ${missing}`);

const exec = (action: string) => `[${process.execPath}, ${HERE}/in-guest-slot.js, "${HOT_PORT}", ${action}]`;
const HOST = `
apiVersion: assay/v1
kind: Host
name: lab-01
slots:
  - name: bay-1
    path: {transport: spdk-pcie, address: "${FUNCTIONS[1]}"}
    identity: {model: ${MODEL}, serial: ${HOT_SERIAL}}
    effects: [writes, destroys-data, power-cycles]
    power: {driver: exec, cut: ${exec("cut")}, restore: ${exec("restore")}, read: ${exec("read")}}
`;
/** A verified load that a reset or a cut falls into. */
const load = (id: string, more: string) =>
  `ioworker: {id: ${id}, size: 4KiB, random: 100%, read: 30%, depth: 8, region: 2MiB, verify: true, ${more}}`;

(missing === null ? describe : describe.skip)("plans over PCIe", () => {
  let guest: LastingGuest;
  beforeAll(async () => {
    guest = await LastingGuest.start({ sources: ["apps/agent/src", "apps/agent/test/runner"] });
    if (guest.lacks !== null) throw new Error(guest.lacks);
  });
  afterAll(() => guest?.stop());

  async function run(spec: string): Promise<PlanAnswer> {
    const request: PlanRequest = { spec, host: HOST, model: MODEL, serial: HOT_SERIAL };
    const program = `${process.execPath} ${HERE}/in-guest-plan.js '${JSON.stringify(request)}'`;
    const answer = JSON.parse(await guest.shell(program, RUN_LIMIT_MS)) as PlanAnswer;
    if (answer.code !== 0) {
      const last = answer.journal.slice(-5).map((event) => JSON.stringify(event));
      throw new Error(`the runner ended with ${answer.code}: ${answer.said}\n${last.join("\n")}`);
    }
    return answer;
  }
  const bodies = <T extends EventType>({ journal }: PlanAnswer, type: T) =>
    journal.map(({ body }) => body).filter((body) => body.type === type) as Extract<EventBody, { type: T }>[];
  const ending = (answer: PlanAnswer) => bodies(answer, "finished").map(({ outcome, reason }) => [outcome, reason]);
  const metrics = (answer: PlanAnswer, name: string) =>
    bodies(answer, "metrics").flatMap(({ values }) => (name in values ? [values[name]] : []));

  it("resets of every scope under a verified load come back with all data", async () => {
    const scopes = ["controller", "flr", "pcie"];
    const round = (scope: string) => `
        - parallel:
            - ${load(scope, "time: 2s, onError: count")}
            - reset: {id: reset-${scope}, scope: ${scope}, after: 500ms, readyWithin: 1m}
        - verify: {id: check-${scope}, written: ${scope}, region: 2MiB}`;
    const answer = await run(`
      effects: [writes]
      steps: ${scopes.map(round).join("")}
    `);
    expect(ending(answer)).toEqual([["completed", null]]);
    expect(bodies(answer, "started")[0]!.hostImplementation).toMatch(/^SPDK /);
    // After each one nothing goes out before the drive was asked again who it is.
    const asked = bodies(answer, "identity").filter(({ moment }) => moment === "reset");
    expect(asked.map(({ matches }) => matches)).toEqual([true, true, true]);
    expect(metrics(answer, "violations")).toEqual([0, 0, 0]);
    expect(metrics(answer, "coverage")).toEqual([100, 100, 100]);
  });

  it("a cut of the slot's power under a verified load is witnessed, and loses nothing that had to last", async () => {
    const answer = await run(`
      effects: [writes, power-cycles]
      needs: {power: cut}
      steps:
        - parallel:
            - ${load("io", "until: power-lost")}
            - power: {id: cut, action: cycle, after: 1s, off: 500ms, readyWithin: 1m}
        - verify: {id: check, rule: durable-or-newer, written: io, region: 2MiB}
    `);
    expect(ending(answer)).toEqual([["completed", null]]);
    expect(bodies(answer, "effect-outcome")).toMatchObject([
      { effect: "power-cut", ok: true, detail: { power: "off" } },
      { effect: "power-restore", ok: true, detail: { power: "on" } },
    ]);
    expect(bodies(answer, "identity").filter(({ moment }) => moment === "power-on")).toMatchObject([{ matches: true }]);
    expect(metrics(answer, "violations")).toEqual([0]);
  });

  it("freezes at the first error and lets go by itself", async () => {
    // A compare with what nobody wrote.
    const compare = "size: 4KiB, operations: {compare: 100%}, region: 1MiB, count: 10";
    const answer = await run(`steps: [{ioworker: {id: io, ${compare}, onError: freeze, freezeFor: 1s}}]`);
    expect(ending(answer)).toEqual([["failed", "the drive was frozen at status 02/85 on opcode 05h"]]);
    expect(bodies(answer, "frozen")).toMatchObject([{ path: "io", opcode: 5, sct: 2, sc: 0x85, lbaCount: 8 }]);
    expect(bodies(answer, "released")).toMatchObject([{ path: "io", by: "time-limit" }]);
  });
});
