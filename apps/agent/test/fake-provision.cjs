/** Stands in for runner/provision.js: every asked slot answers with the identity that the host file lists. */
const { readFileSync } = require("node:fs");
const { parse } = require("yaml");

const args = process.argv.slice(2).filter((arg) => arg !== "--probe");
const asked = args.flatMap((arg, n) => (arg === "--slot" ? [args[n + 1]] : []));
const host = parse(readFileSync(args[0], "utf8"));
for (const slot of host.slots.filter((entry) => asked.length === 0 || asked.includes(entry.name))) {
  const identity = { nguid: null, eui64: null, ...slot.identity, firmware: "1.0" };
  const observed = { identity, capacityBytes: "67108864", lbaBytes: 512, metadataBytes: 0, lbaFormatsBytes: [512] };
  console.log(JSON.stringify({ slot: slot.name, driverVersion: "fake", spdkVersion: null, observed, error: null }));
}
