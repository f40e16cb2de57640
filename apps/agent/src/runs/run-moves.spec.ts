import { decideMove, type RunView } from "./run-moves";

const calm: RunView = {
  sameBoot: true,
  runner: "alive",
  parked: false,
  finished: false,
  ended: false,
  killed: null,
  nowNs: 100n,
  deadlineNs: 1000n,
  revokedNs: null,
  releasedNs: null,
  deadlineGraceNs: 10n,
  revokeGraceNs: 5n,
};
const close = (cause: string, entomb = false) => ({ kind: "close", cause, entomb });

test.each<[string, Partial<RunView>, object]>([
  ["a living runner goes on", {}, { kind: "wait" }],
  ["a runner past its deadline has its grace", { nowNs: 1009n }, { kind: "wait" }],
  ["a runner past the grace is killed", { nowNs: 1010n }, { kind: "kill", cause: "killed-deadline" }],
  [
    "a runner that never announced itself is killed as well",
    { runner: "starting", nowNs: 1010n },
    { kind: "kill", cause: "killed-deadline" },
  ],
  ["a parked runner is never killed", { parked: true, nowNs: 9999n, revokedNs: 1n }, { kind: "wait" }],
  [
    "a runner that was parked past its deadline has its grace from the release on",
    { parked: true, nowNs: 5009n, releasedNs: 5000n },
    { kind: "wait" },
  ],
  [
    "a parked runner that was released and stays is killed",
    { parked: true, nowNs: 5010n, releasedNs: 5000n },
    { kind: "kill", cause: "killed-deadline" },
  ],
  [
    "a runner that was revoked while it was parked has its grace from the release on",
    { nowNs: 504n, revokedNs: 100n, releasedNs: 500n },
    { kind: "wait" },
  ],
  ["a revoked runner has its grace", { revokedNs: 96n }, { kind: "wait" }],
  ["a revoked runner past the grace is killed", { revokedNs: 95n }, { kind: "kill", cause: "killed-revoked" }],
  ["a run without a runner is started", { runner: "none" }, { kind: "start" }],
  [
    "a run without a runner whose time is over never starts",
    { runner: "none", nowNs: 1000n },
    close("never-started", true),
  ],
  ["a revoked run without a runner never starts", { runner: "none", revokedNs: 99n }, close("never-started", true)],
  [
    "a runner that died after it had finished has finished",
    { runner: "dead", finished: true, killed: "killed-deadline" },
    close("finished"),
  ],
  ["a runner that died before is a crash", { runner: "dead" }, close("crashed")],
  [
    "a runner that the agent killed is told as that",
    { runner: "dead", killed: "killed-revoked" },
    close("killed-revoked"),
  ],
  [
    "a dead runner's parked mark does not keep the slot",
    { runner: "dead", parked: true, finished: true },
    close("finished"),
  ],
  ["a child that died without a word never started", { runner: "stillborn" }, close("never-started", true)],
  ["a tombstone is closed", { runner: "tombstone" }, close("never-started")],
  ["a run of another boot was lost", { sameBoot: false, runner: "dead" }, close("lost-at-boot")],
  [
    "a run that had finished before the boot has finished",
    { sameBoot: false, runner: "dead", finished: true },
    close("finished"),
  ],
  ["an ended run is left alone", { ended: true, runner: "dead", nowNs: 9999n }, { kind: "wait" }],
])("%s", (_, over, move) => expect(decideMove({ ...calm, ...over })).toEqual(move));
