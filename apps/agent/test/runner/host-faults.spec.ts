/** What a software drive can be given, a host's file can plant. */
import { parse, stringify } from "yaml";
import { FAULT_KINDS } from "../../../../libs/nvme-native/src/model/faults";
import { hostSchema } from "../../src/inventory/host-schema";
import { HOST_YAML } from "./bench";

/** A value for whatever parameter a kind may insist on. */
const PARAMETERS = { sct: 2, sc: 0x81, ms: 5, driveWrites: 1, bits: 1, aboveUnit: true };

test.each(Object.keys(FAULT_KINDS))("a host's file can plant %s", (kind) => {
  const parameters = Object.keys(FAULT_KINDS[kind as keyof typeof FAULT_KINDS].parameters ?? {});
  const known = Object.entries(PARAMETERS).filter(([name]) => parameters.includes(name));
  expect(known.map(([name]) => name).sort()).toEqual([...parameters].sort());
  const file = parse(HOST_YAML);
  file.slots[0].simulated.faults = [{ kind, ...Object.fromEntries(known) }];
  const { success, error } = hostSchema.safeParse(parse(stringify(file)));
  expect([success, error?.issues ?? []]).toEqual([true, []]);
});

test("a kind that no drive has is refused by its name's place", () => {
  const file = parse(HOST_YAML);
  file.slots[0].simulated.faults = [{ kind: "gremlins" }];
  const { error } = hostSchema.safeParse(file);
  expect(error?.issues.map(({ path }) => path.join("."))).toEqual(["slots.0.simulated.faults.0.kind"]);
});
