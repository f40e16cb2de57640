/** Every behaviour that the software drive can show. */
import { driver } from "../../src";
import { makeDrive } from "../bench-drive";
import "./areas";
import { runBehaviours } from "./run-behaviours";
import { type DriveSource, show } from "./show-behaviour";

const SLOW = { readUs: 1_500_000, writeUs: 10, flushUs: 10, jitterPercent: 0 };

const place: DriveSource["place"] = async (folder, number, spec) => ({
  transport: "model",
  path: await makeDrive(folder, spec, `drive-${number}.drive`),
});

const source: DriveSource = {
  host: "model",
  place,
  placeSlow: (folder, spec) => place(folder, 0, { ...spec, latency: SLOW }),
  vanish: async (address) => {
    const power = async (state: "on" | "off") => {
      if (address.transport === "model") await driver.modelPower(address.path, state);
    };
    await power("off");
    return () => power("on");
  },
};

runBehaviours(source.host, (behaviour, told) => show(behaviour, source, told));
