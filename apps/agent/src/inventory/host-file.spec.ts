import { HostFileError, parseHostFile, readHostFile, slotAddress } from "./host-file";

const GOOD = `apiVersion: assay/v1
kind: Host
name: lab-01
slots:
  - name: bay-1
    path: {transport: model, address: drives/bay-1.drive}
    identity: {model: ASSAY SIM A, serial: SIM0001, nguid: null, eui64: null}
    effects: [writes, destroys-data, power-cycles]
    power: {driver: simulated}
    powerDomain: rack-1
    labels: {bench: demo, row: 3}
    simulated: {capacity: 64MiB, lba: 512B, firmware: "1.0", volatileCache: true, seed: 1, latency: null, faults: [{kind: silent-corruption, afterWrites: 100, everyNth: 7}]}
  - name: bay-2
    path: {transport: spdk-pcie, address: "0000:01:00.0"}
    identity: {model: REAL, serial: R1}
    effects: [writes, destroys-data, power-cycles]
    power: {driver: exec, cut: [pdu, "off", "3"], restore: [pdu, "on", "3"], read: [pdu, state, "3"], timeout: 5s}
`;

function problems(source: string): string[] {
  try {
    parseHostFile(source, "host.yaml");
  } catch (error) {
    if (error instanceof HostFileError) return error.problems.map((p) => `${p.line}:${p.column} ${p.message}`);
    throw error;
  }
  return [];
}

test("a good file is read with its defaults and units", () => {
  const host = parseHostFile(GOOD, "host.yaml");
  expect(host.slots[0]).toMatchObject({
    labels: { bench: "demo", row: "3" },
    simulated: { capacity: 67108864n, lba: 512n, seed: 1n, faults: [{ kind: "silent-corruption", everyNth: 7 }] },
  });
  expect(host.slots[1]).toMatchObject({
    identity: { nguid: null, eui64: null },
    power: { driver: "exec", timeout: 5000, cut: ["pdu", "off", "3"] },
    powerDomain: null,
    simulated: null,
  });
});

test("without a list of effects a slot allows none", () => {
  const source =
    "apiVersion: assay/v1\nkind: Host\nname: a\nslots:\n  - {name: s, path: {transport: model, address: d}, identity: {model: M, serial: S}}\n";
  expect(parseHostFile(source, "h").slots[0]?.effects).toEqual([]);
});

test("paths are relative to the host file; addresses are not paths", () => {
  const { slots } = parseHostFile(GOOD, "host.yaml");
  expect(slots.map((slot) => slotAddress(slot, "/etc/assay/host.yaml"))).toEqual([
    "/etc/assay/drives/bay-1.drive",
    "0000:01:00.0",
  ]);
});

test("every mistake is told at once, each where it stands", () => {
  const source = GOOD.replace(
    "effects: [writes, destroys-data, power-cycles]",
    "effects: [writes, burns]\n    colour: red",
  )
    .replace("capacity: 64MiB", "capacity: lots")
    .replace("driver: simulated", "driver: magic")
    .replace('"0000:01:00.0"', "somewhere")
    .replace("serial: R1", "serial: ''");
  const told = problems(source);
  expect(told).toEqual([
    expect.stringMatching(/^8:23 slots\[0\]\.effects\[1\]: .*writes/),
    expect.stringMatching(/^9:5 unknown key "colour" in slots\[0\]/),
    expect.stringMatching(/^10:21 slots\[0\]\.power\.driver: missing or unknown driver; known: simulated, exec/),
    expect.stringMatching(/^13:27 slots\[0\]\.simulated\.capacity: "lots" is no size/),
    expect.stringMatching(/^15:43 slots\[1\]\.path\.address: "somewhere" is no PCI address/),
    expect.stringMatching(/^16:37 slots\[1\]\.identity\.serial: /),
  ]);
});

test.each([
  ["an address that is no PCI address", GOOD.replace('"0000:01:00.0"', "somewhere"), /14:43 .*is no PCI address/],
  [
    "power cycles without a power driver",
    GOOD.replace(/ {4}power: \{driver: simulated\}\n/, ""),
    /8:14 .*needs a power driver/,
  ],
  [
    "a simulated drive on a real path",
    GOOD.replace("transport: model, address: drives/bay-1.drive", 'transport: spdk-pcie, address: "0000:02:00.0"'),
    /only transport model/,
  ],
  [
    "NVMe over TCP without a subsystem",
    GOOD.replace('spdk-pcie, address: "0000:01:00.0"', "spdk-tcp, address: '127.0.0.1:4420'"),
    /needs nqn/,
  ],
  ["a missing name", GOOD.replace("name: lab-01\n", ""), /1:1 name: /],
  [
    "two slots with one name",
    GOOD.replace("name: bay-2", "name: bay-1"),
    /13:5 .*name "bay-1" is already that of slot "bay-1"/,
  ],
  [
    "one drive in two slots",
    GOOD.replace("model: REAL, serial: R1", "model: ASSAY SIM A, serial: SIM0001"),
    /identity .* is already that of slot "bay-1"/,
  ],
  ["broken YAML", "apiVersion: [", /^1:\d+ /],
  ["another kind", GOOD.replace("kind: Host", "kind: Plan"), /2:7 kind: /],
  ["a time-out that is too long", GOOD.replace("timeout: 5s", "timeout: 2h"), /no duration from 1ms to 300s/],
])("%s is told", (_, source, sentence) => {
  expect(problems(source).join("\n")).toMatch(sentence);
});

test("a file that is not there is told like any other problem", () => {
  expect(() => readHostFile("/no/such/host.yaml")).toThrow(/\/no\/such\/host.yaml:1:1: cannot be read/);
});
