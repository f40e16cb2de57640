/** Every behaviour that the software drive can show. */
import { makeDrive } from "../bench-drive";
import "./areas";
import { runBehaviours } from "./run-behaviours";

runBehaviours({
  host: "model",
  place: async (folder, number, spec) => ({
    transport: "model",
    path: await makeDrive(folder, spec, `drive-${number}.drive`),
  }),
});
