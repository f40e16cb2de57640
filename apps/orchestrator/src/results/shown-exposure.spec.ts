import { type PowerChange, poweredMs } from "./shown-exposure";

const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms);
const change = (ms: number, effect: PowerChange["effect"]): PowerChange => ({ at: at(ms), effect });

test.each<[string, Date | null, PowerChange[], number]>([
  ["from the open to the last event", at(100), [], 900],
  ["nothing when the drive was never opened", null, [], 0],
  ["without the time in the dark", at(100), [change(300, "power-cut"), change(500, "power-restore")], 700],
  ["up to a cut that nobody undid", at(100), [change(300, "power-cut")], 200],
  ["from the switch where the slot was found dark", null, [change(400, "power-restore")], 600],
])("a dead runner's drive had power %s", (_, opened, changes, expected) => {
  expect(poweredMs(opened, at(1000), changes)).toBe(expected);
});
