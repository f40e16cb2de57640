/** The runner on drives that nobody here wrote: SPDK's target over NVMe/TCP and vfio-user. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type ResolvedPlan } from "@assay/plans";
import { whyNoVfioUser } from "../../../../libs/nvme-native/test/nvmf-target";
import { Bench, bodies, catalogPlan, ending, FACTS, plan } from "./bench";
import { CAPACITY_BYTES, findTarget, MODEL, startTarget, type Target } from "./nvmf-target";

const RUNNER = join(__dirname, "../../dist/runner/main.js");
const found = findTarget();
if ("missing" in found) console.log(`skipped: ${found.missing}`);
const describeWithSpdk = "missing" in found ? describe.skip : describe;
jest.setTimeout(180_000);
const noVfioUser = "missing" in found ? null : whyNoVfioUser();
if (noVfioUser !== null) console.log(`skipped over vfio-user: ${noVfioUser}`);
/** Tests over each transport. */
const over = { tcp: it, vfio: noVfioUser === null ? it : it.skip };
const TRANSPORTS = { tcp: "spdk-tcp", vfio: "spdk-vfio-user" } as const;

describeWithSpdk("the catalogue on SPDK's target", () => {
  let bench: Bench;
  let target: Target | undefined;
  beforeAll(async () => {
    bench = new Bench();
    target = await startTarget((found as { program: string }).program, bench.root, await freePort());
  });
  afterAll(async () => {
    await target?.stop();
    bench.remove();
  });

  function run(slot: "tcp" | "vfio", name: string, parameters: Record<string, string | number>) {
    const dut = {
      ...FACTS,
      capacityBytes: CAPACITY_BYTES,
      model: MODEL,
      serial: target!.slots[slot].serial,
      transport: TRANSPORTS[slot],
    };
    return execute(slot, catalogPlan(name, parameters, { sheet: "spdk-bdev-controller", dut }));
  }

  /** A process per run: SPDK starts once per process. */
  async function execute(slot: "tcp" | "vfio", resolved: ResolvedPlan) {
    const { path, serial } = target!.slots[slot];
    const host = `
apiVersion: assay/v1
kind: Host
name: lab-01
slots:
  - {name: bay-1, path: ${path}, identity: {model: ${MODEL}, serial: ${serial}}, effects: [writes, destroys-data]}
`;
    const directory = bench.order(resolved, { host, model: MODEL, serial });
    const child = spawn(process.execPath, [RUNNER, directory], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    if (code !== 0)
      throw new Error(
        `the runner ended with ${code}: ${said.slice(-4000)}\n${readFileSync(join(directory, "journal.jsonl"), "utf8").slice(-2000)}`,
      );
    return directory;
  }

  for (const [slot, name, parameters] of [
    ["tcp", "basic/smoke", {}],
    ["tcp", "data/verify-soak", { time: "3s", region: "8MiB" }],
    ["tcp", "resets/reset-under-io", { times: 3, region: "4MiB" }],
    ["vfio", "basic/smoke", {}],
    ["vfio", "data/verify-soak", { time: "3s", region: "8MiB" }],
    ["vfio", "resets/reset-under-io", { times: 3, region: "4MiB" }],
  ] as const)
    over[slot](`over ${slot} passes ${name}`, async () => {
      const directory = await run(slot, name, parameters);
      expect(bodies(directory, "step-finished").filter((s) => s.outcome !== "ok")).toEqual([]);
      expect(ending(directory)).toEqual(["completed", null]);
      expect(bodies(directory, "started")[0]!.hostImplementation).toMatch(/^SPDK /);
    });

  for (const [slot, scope, lacks] of [
    ["tcp", "pcie", "there is no PCI Express configuration space behind it"],
    ["tcp", "flr", "there is no PCI Express configuration space behind it"],
    [
      "vfio",
      "pcie",
      "a vfio-user socket has no port that could send a hot reset; give `reset` a function that does it",
    ],
  ] as const)
    over[slot](`over ${slot} says of \`reset: ${scope}\` what that transport lacks, and blames the plan`, async () => {
      const directory = await execute(slot, plan(`steps: [{reset: {scope: ${scope}}}]`));
      expect(ending(directory)).toEqual(["errored", `ERR_UNSUPPORTED: ${TRANSPORTS[slot]}: ${lacks}`]);
      expect(bodies(directory, "finished")[0]!.attribution).toMatchObject({ cause: "test" });
    });

  over.vfio("over vfio passes `reset: flr`", async () => {
    const directory = await execute("vfio", plan("steps: [{reset: {scope: flr}}]"));
    expect(ending(directory)).toEqual(["completed", null]);
  });

  for (const slot of ["tcp", "vfio"] as const)
    over[slot](`over ${slot} freezes at the first error and lets go by itself`, async () => {
      // A compare with what nobody wrote.
      const load = "size: 4KiB, operations: {compare: 100%}, region: 1MiB, count: 10";
      const worker = `ioworker: {id: io, ${load}, onError: freeze, freezeFor: 1s}`;
      const directory = await execute(slot, plan(`steps: [{${worker}}]`));
      expect(ending(directory)).toEqual(["failed", "the drive was frozen at status 02/85 on opcode 05h"]);
      expect(bodies(directory, "frozen")).toMatchObject([
        { path: "io", worker: 0, opcode: 5, sct: 2, sc: 0x85, lbaCount: 8 },
      ]);
      expect(bodies(directory, "released")).toMatchObject([{ path: "io", by: "time-limit" }]);
      expect(bodies(directory, "released")[0]!.frozenMs).toBeGreaterThanOrEqual(1000);
      expect(bodies(directory, "status")).toMatchObject([{ opcode: 5, sct: 2, sc: 0x85, count: 1 }]);
    });

  for (const slot of ["tcp", "vfio"] as const)
    over[slot](`over ${slot} says that the drive has no sanitize overwrite`, async () => {
      const directory = await execute(slot, plan("effects: [destroys-data]\nsteps: [{sanitize: {action: overwrite}}]"));
      expect(ending(directory)).toEqual(["errored", "this drive has no sanitize overwrite (SANICAP)"]);
      expect(bodies(directory, "effect-intent")).toEqual([]);
    });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });
}
