import { AGEING_MS, assignRuns } from "./assign-runs";
import type { Board } from "./board";
import { NOW_MS, sampleBoard, sampleRun, seededRandom, shuffled } from "./board-samples";

const board = (change: Partial<Board> & { hosts?: Board["hosts"] } = {}): Board => ({
  ...sampleBoard(1, 2),
  ...change,
});
const started = (it: Board) => assignRuns(it).assignments.map(({ runId }) => runId);
const reasonOf = (it: Board, runId: string) => assignRuns(it).waiting.find((run) => run.runId === runId)?.reason;
const withSlot = (change: object): Board => {
  const base = board({ queued: [sampleRun("r1", "d0")] });
  return { ...base, slots: base.slots.map((slot) => (slot.id === "s0" ? { ...slot, ...change } : slot)) };
};
const withDut = (change: object): Board => {
  const base = board({ queued: [sampleRun("r1", "d0")] });
  return { ...base, duts: base.duts.map((dut) => (dut.id === "d0" ? { ...dut, ...change } : dut)) };
};
const withHost = (change: object): Board => {
  const base = board({ queued: [sampleRun("r1", "d0")] });
  return { ...base, hosts: base.hosts.map((host) => ({ ...host, ...change })) };
};

describe("which runs start", () => {
  it("starts a run on an idle drive and names host, slot and resources", () => {
    expect(assignRuns(board({ queued: [sampleRun("r1", "d1")] })).assignments).toEqual([
      { runId: "r1", hostId: "h0", slotId: "s1", resources: [{ kind: "slot", key: "s1" }] },
    ]);
  });
  it("starts runs on different slots in the same pass, and one per drive", () => {
    const queued = [sampleRun("r1", "d0"), sampleRun("r2", "d1"), sampleRun("r3", "d0")];
    expect(started(board({ queued }))).toEqual(["r1", "r2"]);
  });
  it("prefers the higher priority, then the older submission", () => {
    const queued = [
      sampleRun("young", "d0", { submittedMs: NOW_MS - 1 }),
      sampleRun("old", "d0", { submittedMs: NOW_MS - 2 }),
      sampleRun("urgent", "d0", { priority: 1, submittedMs: NOW_MS }),
    ];
    expect(started(board({ queued }))).toEqual(["urgent"]);
    expect(started(board({ queued: queued.slice(0, 2) }))).toEqual(["old"]);
  });
  it("lets a long wait outweigh a higher priority", () => {
    const queued = [
      sampleRun("urgent", "d0", { priority: 2, submittedMs: NOW_MS }),
      sampleRun("patient", "d0", { submittedMs: NOW_MS - 3 * AGEING_MS }),
    ];
    expect(started(board({ queued }))).toEqual(["patient"]);
  });
  it("serves a campaign that was not served on the drive before one that just was", () => {
    const queued = [
      sampleRun("big", "d0", { campaignId: "big", submittedMs: NOW_MS - 10_000, lastServedMs: NOW_MS - 1000 }),
      sampleRun("small", "d0", { campaignId: "small", submittedMs: NOW_MS - 5000 }),
    ];
    expect(started(board({ queued }))).toEqual(["small"]);
  });
  it("runs the plans of a campaign in their order on each drive, whatever their priority", () => {
    const queued = [
      sampleRun("second", "d0", { campaignId: "c", ordinal: 1, priority: 9 }),
      sampleRun("first", "d0", { campaignId: "c", ordinal: 0, planName: "smoke" }),
      sampleRun("elsewhere", "d1", { campaignId: "c", ordinal: 1 }),
    ];
    const it = board({ queued, campaigns: [{ id: "c", name: "c", intent: "active" }] });
    expect(started(it).sort()).toEqual(["elsewhere", "first"]);
    expect(reasonOf(it, "second")).toBe("smoke (run first) of the same campaign comes first on this DUT");
  });
  it("lets a run of host isolation wait until the host is empty, and keeps the host for it", () => {
    const base = {
      queued: [
        sampleRun("alone", "d0", { isolation: "host", submittedMs: NOW_MS - 9000 }),
        sampleRun("later", "d1", { submittedMs: NOW_MS - 8000 }),
      ],
    };
    const busy = board({ ...base, leases: [{ kind: "slot", key: "s1", runId: "other" }] });
    expect(started(busy)).toEqual([]);
    expect(reasonOf(busy, "alone")).toBe("slot s1 of host h0 is leased by run other");
    const three = {
      ...sampleBoard(1, 3),
      queued: base.queued,
      leases: [{ kind: "slot" as const, key: "s2", runId: "x" }],
    };
    expect(reasonOf(three, "later")).toBe("slot s1 of host h0 is kept for run alone, which comes first");
    expect(assignRuns(board(base)).assignments[0]?.resources).toEqual([
      { kind: "slot", key: "s0" },
      { kind: "host", key: "h0" },
      { kind: "slot", key: "s1" },
    ]);
  });
  it("lets nobody work in a power domain that a run cycles", () => {
    const base = sampleBoard(2, 1);
    const powerDomain = { id: "p", name: "rack-1" };
    const slots = base.slots.map((slot) => ({ ...slot, powerDomain }));
    const queued = [
      sampleRun("cuts", "d0", { effects: ["power-cycles"], submittedMs: NOW_MS - 90_000 }),
      sampleRun("reads", "d1"),
    ];
    expect(started({ ...base, slots, queued })).toEqual(["cuts"]);
    expect(started({ ...base, slots, queued: [queued[1]!, { ...queued[0]!, submittedMs: NOW_MS }] })).toEqual([
      "reads",
    ]);
  });
  it("does not promise more spool than the host has", () => {
    const base = withHost({ spoolFreeBytes: 10 });
    const queued = [sampleRun("r1", "d0", { spoolBytes: 6 }), sampleRun("r2", "d1", { spoolBytes: 6 })];
    expect(started({ ...base, queued })).toEqual(["r1"]);
    expect(reasonOf({ ...base, queued }, "r2")).toMatch(/promised to other runs/);
  });
});

describe("why a run waits, in words", () => {
  const cases: [string, Board, string][] = [
    [
      "hold",
      withDut({ intent: "hold", intentReason: "run 1234 failed", intentSinceMs: Date.UTC(2026, 10, 22, 14, 2) }),
      "DUT D0 is on hold since 2026-11-22 14:02 UTC: run 1234 failed",
    ],
    ["quarantine", withDut({ intent: "quarantined" }), "DUT D0 is quarantined"],
    ["conflict", withDut({ conflict: "also in s1" }), "the identity of DUT D0 is in doubt: also in s1"],
    ["bad", withDut({ health: "bad", healthReason: "media errors" }), "DUT D0 is bad: media errors"],
    ["no slot", withSlot({ dutId: null }), "DUT D0 is in no slot now"],
    ["removed slot", withSlot({ removed: true }), "DUT D0 is in no slot now"],
    [
      "offline host",
      withHost({ observed: "offline", lastHeartbeatMs: NOW_MS }),
      "host h0 is offline since 2026-11-22 14:00 UTC",
    ],
    ["draining host", withHost({ intent: "draining", intentReason: "move" }), "host h0 is draining: move"],
    ["fenced slot", withSlot({ state: "fenced", stateReason: "by ann" }), "slot s0 of host h0 is fenced: by ann"],
    ["guard", withSlot({ blocked: "mounted on /home" }), "the guard of host h0 blocks slot s0: mounted on /home"],
    ["effects", withSlot({ effects: [] }), "the file of host h0 does not allow writes in slot s0"],
  ];
  it.each(cases)("%s", (_name, it, reason) => {
    expect(reasonOf(it, "r1")).toBe(reason);
    expect(started(it)).toEqual([]);
  });
  it("paused campaign", () => {
    const queued = [sampleRun("r1", "d0", { campaignId: "c" })];
    const it = board({ queued, campaigns: [{ id: "c", name: "nightly", intent: "paused" }] });
    expect(reasonOf(it, "r1")).toBe("campaign nightly is paused");
  });
  it("no power driver", () => {
    const it = withSlot({ power: false });
    expect(reasonOf({ ...it, queued: [sampleRun("r1", "d0", { needsPower: true })] }, "r1")).toBe(
      "nothing can cut the power of slot s0 of host h0",
    );
  });
  it("a drive that another run has, even where the slot looks free", () => {
    const active = [{ id: "r0", dutId: "d0", campaignId: null, ordinal: 0, planName: "smoke" }];
    const it = board({ queued: [sampleRun("r1", "d0")], active });
    expect(reasonOf(it, "r1")).toBe("DUT D0 is busy with run r0");
  });
});

describe("a pass over a mixed board", () => {
  const random = seededRandom(7);
  const base = sampleBoard(4, 3);
  const mixed: Board = {
    ...base,
    slots: base.slots.map((slot, n) => ({ ...slot, powerDomain: n % 4 === 0 ? { id: "p", name: "p" } : null })),
    campaigns: [
      { id: "c0", name: "c0", intent: "active" },
      { id: "c1", name: "c1", intent: "paused" },
    ],
    leases: [{ kind: "slot", key: "s5", runId: "busy" }],
    active: [{ id: "busy", dutId: "d5", campaignId: null, ordinal: 0, planName: "smoke" }],
    queued: Array.from({ length: 60 }, (_, n) =>
      sampleRun(`r${n}`, `d${Math.floor(random() * 12)}`, {
        campaignId: n % 3 === 0 ? null : `c${n % 2}`,
        ordinal: n % 5,
        priority: n % 4,
        submittedMs: NOW_MS - Math.floor(random() * 5) * 1000,
        isolation: n % 11 === 0 ? "host" : "slot",
        effects: n % 7 === 0 ? ["power-cycles"] : ["writes"],
      }),
    ),
  };
  const canonical = (it: Board) => {
    const { assignments, waiting } = assignRuns(it);
    return {
      assignments: [...assignments].sort((a, b) => (a.runId < b.runId ? -1 : 1)),
      waiting: [...waiting].sort((a, b) => (a.runId < b.runId ? -1 : 1)),
    };
  };
  it("does not depend on the order of what it is given", () => {
    const expected = canonical(mixed);
    expect(expected.assignments.length).toBeGreaterThan(3);
    for (let i = 0; i < 50; i++) {
      const again: Board = {
        ...mixed,
        hosts: shuffled(mixed.hosts, random),
        slots: shuffled(mixed.slots, random),
        duts: shuffled(mixed.duts, random),
        campaigns: shuffled(mixed.campaigns, random),
        leases: shuffled(mixed.leases, random),
        active: shuffled(mixed.active, random),
        queued: shuffled(mixed.queued, random),
      };
      expect(canonical(again)).toEqual(expected);
    }
  });
  it("gives every run either a place or a reason, never both", () => {
    const { assignments, waiting } = assignRuns(mixed);
    const named = [...assignments.map((a) => a.runId), ...waiting.map((w) => w.runId)];
    expect(named.sort()).toEqual(mixed.queued.map((run) => run.id).sort());
    expect(waiting.every(({ reason }) => reason.length > 0)).toBe(true);
  });
});
