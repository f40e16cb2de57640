/** A bring-up by a script that never ends. */
import { initialiseBy } from "../src/open/initialise";
import { codeOf } from "./bench-drive";

type Reached = Parameters<typeof initialiseBy>[1];
const controller = {} as Reached;

test("a script that does not come back ends in words, and one that does in its time", async () => {
  const never = initialiseBy(() => new Promise(() => {}), controller, 20);
  await expect(never).rejects.toMatchObject({ name: "NvmeError", code: "ERR_TIMEOUT" });
  await expect(never).rejects.toThrow("initialise has not ended within 20 ms");
  expect(await initialiseBy(async () => {}, controller, 20)).toBeGreaterThanOrEqual(0);
  expect(await codeOf(() => initialiseBy(() => Promise.reject({ code: "its own" }), controller, 20))).toBe("its own");
});
