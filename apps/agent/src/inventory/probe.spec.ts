import { type ProvisionProgram, probeSlots, readProbe } from "./probe";

const observed = {
  identity: { model: "M", serial: "S", nguid: null, eui64: null, firmware: "1" },
  capacityBytes: "1",
  lbaBytes: 512,
  metadataBytes: 0,
  lbaFormatsBytes: [512],
};
const line = (slot: string, over = {}) =>
  JSON.stringify({ slot, driverVersion: "1", spdkVersion: null, observed, error: null, ...over });
const node = (script: string): ProvisionProgram => ({
  command: [process.execPath, "-e", script, "--"],
  environment: {},
});

test("lines are taken for the asked slots only, and damaged ones are none", () => {
  const result = readProbe([line("a"), "noise", line("b"), '{"slot":"c"}'].join("\n"), ["a", "c"], null);
  expect(result.lines.map((l) => l.slot)).toEqual(["a"]);
  expect(result.problem).toBe("the probe said nothing about c");
});

test("a probe that fails after its lines loses none of them", () => {
  expect(readProbe(line("a"), ["a"], "provision exited with 1")).toMatchObject({ problem: null });
});

test("no slot, no process", async () => {
  expect(await probeSlots({ command: ["/no/such/program"], environment: {} }, "h", [])).toEqual({
    lines: [],
    problem: null,
  });
});

test("the child gets the host file and the slots; its last words are told when it fails", async () => {
  const program = node("console.error(process.argv.slice(1).join(' ')); process.exit(2)");
  const { problem } = await probeSlots(program, "/etc/host.yaml", ["a", "b"]);
  expect(problem).toBe("provision exited with 2: --probe /etc/host.yaml --slot a --slot b");
});

test("a program that cannot be started is told", async () => {
  const { problem } = await probeSlots({ command: ["/no/such/program"], environment: {} }, "h", ["a"]);
  expect(problem).toMatch(/could not be started/);
});
