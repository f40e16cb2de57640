/** The runner on drives that nobody here wrote: SPDK's target over NVMe/TCP and vfio-user. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Bench, bodies, catalogPlan, ending, FACTS } from "./bench";
import { CAPACITY_BYTES, findTarget, MODEL, startTarget, type Target } from "./nvmf-target";

const RUNNER = join(__dirname, "../../dist/runner/main.js");
const found = findTarget();
if ("missing" in found) console.log(`skipped: ${found.missing}`);
const describeWithSpdk = "missing" in found ? describe.skip : describe;
jest.setTimeout(180_000);

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

  /** A process per run: SPDK starts once per process. */
  async function run(slot: "tcp" | "vfio", name: string, parameters: Record<string, string | number>) {
    const { path, serial } = target!.slots[slot];
    const host = `
apiVersion: assay/v1
kind: Host
name: lab-01
slots:
  - {name: bay-1, path: ${path}, identity: {model: ${MODEL}, serial: ${serial}}, effects: [writes]}
`;
    const dut = {
      ...FACTS,
      capacityBytes: CAPACITY_BYTES,
      model: MODEL,
      serial,
      transport: slot === "tcp" ? "spdk-tcp" : "spdk-vfio-user",
    };
    const plan = catalogPlan(name, parameters, { sheet: "spdk-bdev-controller", dut });
    const directory = bench.order(plan, { host, model: MODEL, serial });
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

  it.each([
    ["tcp", "basic/smoke", {}],
    ["tcp", "data/verify-soak", { time: "3s", region: "8MiB" }],
    ["tcp", "resets/reset-under-io", { times: 3, region: "4MiB" }],
    ["vfio", "basic/smoke", {}],
    ["vfio", "data/verify-soak", { time: "3s", region: "8MiB" }],
    ["vfio", "resets/reset-under-io", { times: 3, region: "4MiB" }],
  ] as const)("over %s passes %s", async (slot, name, parameters) => {
    const directory = await run(slot, name, parameters);
    expect(bodies(directory, "step-finished").filter((s) => s.outcome !== "ok")).toEqual([]);
    expect(ending(directory)).toEqual(["completed", null]);
    expect(bodies(directory, "started")[0]!.hostImplementation).toMatch(/^SPDK /);
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
