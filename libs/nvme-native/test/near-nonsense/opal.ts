import { OpalDrive } from "../../src";
import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";

export const opalCalls = async ({ controller }: Bench): Promise<Calls> => {
  const opal = await OpalDrive.of(controller);
  const { session } = await opal.session("admin", null);
  const uid = () => new Uint8Array(8);
  const calls: Calls = {
    "TcgSession.set": right(
      () => [
        uid(),
        [
          [3, uid()],
          [4, 1],
        ],
      ],
      (object, cells) => session!.set(object, cells),
    ),
    "TcgSession.call": right(
      () => [uid(), uid(), [1, uid(), { name: 1, value: [1, 2] }]],
      (object, method, parameters) => session!.call(object, method, parameters),
    ),
    setRange: right(
      () => [{ admin: 1, pin: "x" }, 1, { slba: 0n, lbaCount: 8n, readLockEnabled: true, writeLockEnabled: true }],
      (who, range, options) => opal.setRange(who, range, options),
    ),
    permitUsers: right(
      () => [{ admin: 1, pin: "x" }, 1, [1, 2]],
      (who, range, users) => opal.permitUsers(who, range, users),
    ),
    revert: right(
      () => [{ psid: "x" }],
      (who) => opal.revert(who),
    ),
  };
  return calls;
};
