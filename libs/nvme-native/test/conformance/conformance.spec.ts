/** Every behaviour that the software drive can show. */
import { driver } from "../../src";
import { makeDrive } from "../bench-drive";
import "./areas";
import { runBehaviours } from "./run-behaviours";
import { type DriveSource, show } from "./show-behaviour";

const source: DriveSource = {
  host: "model",
  place: async (folder, number, spec) => ({
    transport: "model",
    path: await makeDrive(folder, spec, `drive-${number}.drive`),
  }),
  vanish: async (address) => {
    const power = async (state: "on" | "off") => {
      if (address.transport === "model") await driver.modelPower(address.path, state);
    };
    await power("off");
    return () => power("on");
  },
};

runBehaviours(source.host, (behaviour, told) => show(behaviour, source, told));
