import { Reservations } from "../../src";
import type { Bench } from "../bench-drive";
import { type Calls, right } from "./right-call";

export const reservationCalls = ({ controller, ns, qpair }: Bench): Calls => {
  const reservations = new Reservations(controller, ns);
  return {
    register: right(
      () => [qpair, { action: "register", key: 0n, newKey: 1n, ignoreKey: false, persist: "unchanged" }],
      (q, options) => reservations.register(q, options),
    ),
    acquire: right(
      () => [qpair, { action: "preempt", type: "writeExclusive", key: 1n, preemptKey: 2n, ignoreKey: false }],
      (q, options) => reservations.acquire(q, options),
    ),
    release: right(
      () => [qpair, { action: "release", type: "writeExclusive", key: 1n, ignoreKey: false }],
      (q, options) => reservations.release(q, options),
    ),
    "report of reservations": right(
      () => [qpair, { extended: true, limit: 2 }],
      (q, options) => reservations.report(q, options),
    ),
    setHostIdentifier: right(
      () => [new Uint8Array(8)],
      (id) => reservations.setHostIdentifier(id),
    ),
    setNotificationMask: right(
      () => [{ registrationPreempted: true, reservationReleased: false, reservationPreempted: true }],
      (masked) => reservations.setNotificationMask(masked),
    ),
    setPersistence: right(
      () => [true],
      (persists) => reservations.setPersistence(persists),
    ),
  };
};
