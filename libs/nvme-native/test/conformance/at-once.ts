/** Commands that are with the drive at the same time, as far as a test can see to it. */
import { type Controller, Pcie, type RecordedCommand } from "../../src";
import type { ConformanceBench } from "./behaviour";

const COMMAND_REGISTER = 4;
const BUS_MASTER = 4;

/** Without bus mastering a drive reads no queue and moves no data: what is sent meanwhile stays with it. */
export async function heldBack(controller: Controller, act: () => Promise<void> | void): Promise<void> {
  const pcie = new Pcie(controller);
  const command = await pcie.field(COMMAND_REGISTER, 2);
  await pcie.setField(COMMAND_REGISTER, 2, command & ~BUS_MASTER);
  await act();
  await pcie.setField(COMMAND_REGISTER, 2, command);
}

/**
 * Calls `send`, which sends `count` commands into the queue that `recorder` belongs to. On the software drive none of them
 * ends before all are outstanding; other drives take them as they come.
 */
export async function atOnce(
  { host, controller }: ConformanceBench,
  recorder: { cmdlog(count?: number): RecordedCommand[] },
  count: number,
  send: () => void,
): Promise<void> {
  if (host !== "model") return send();
  await heldBack(controller, async () => {
    send();
    const outstanding = () => recorder.cmdlog().filter((command) => command.outstanding).length;
    while (outstanding() < count) await new Promise(setImmediate);
    expect(outstanding()).toBe(count);
  });
}
