/** Planted defects of a drive with keys and values. */
import { driver, expectStatus } from "../../src";
import { OK, STATUS, withKeys } from "./key-value-drive";

const differing = (a: string, b: string) => [...a].filter((char, i) => char !== b[i]).length;

test("a bit flips in a stored value: what is retrieved differs in one byte, silently", () =>
  withKeys({ faults: [{ kind: "bit-flip", when: { afterWrites: 1, opcode: 1 } }] }, async ({ store, fetch }) => {
    for (const key of ["a", "b", "c"]) expect(await store(key, "v".repeat(1000))).toBe(OK);
    const wrong = await Promise.all(["a", "b", "c"].map(async (key) => differing("v".repeat(1000), await fetch(key))));
    expect(wrong).toEqual([0, 1, 0]);
  }));

test.each([
  ["stale-data", (value: string) => value.includes("1") && value.includes("2")],
  ["zeroed-data", (value: string) => value.includes("2") && value.includes("\0")],
  ["torn-write", (value: string) => value.includes("1") && value.includes("2")],
] as const)("%s leaves a part of the value that was there before, or nothing", (kind, broken) =>
  withKeys({ faults: [{ kind, when: { afterWrites: 1 } }] }, async ({ store, fetch }) => {
    await store("k", "1".repeat(2000));
    await store("k", "2".repeat(2000));
    expect(broken(await fetch("k"))).toBe(true);
  }),
);

test("a status, a lost completion, a late one and a stall are met by their opcode", () =>
  withKeys(
    {
      faults: [
        { kind: "bad-status", sct: 0, sc: 0x88, when: { opcode: 0x02 } },
        { kind: "bad-status", sct: 0, sc: 0x06, when: { opcode: 0x06 } },
        { kind: "lost-completion", when: { opcode: 0x14 } },
        { kind: "late-completion", ms: 20, when: { opcode: 0x10 } },
        { kind: "bad-status", sct: 2, sc: 0x80, when: { opcode: 0x01 }, where: { slba: "0", lbaCount: 1 } },
      ],
    },
    async ({ controller, drive, keys, qpair, store, fetch, listed }) => {
      // A rule about LBAs says nothing of keys.
      expect(await store("k", "v")).toBe(OK);
      expect([await fetch("k"), await fetch("k")]).toEqual([STATUS.unrecovered, "v"]);
      await expect(listed()).rejects.toMatchObject({ name: "StatusExpectationError", completion: { sct: 0, sc: 6 } });
      expect(await listed()).toEqual(["k"]);
      await controller.setTimeoutMs(200);
      expect(await keys.exists(qpair, "k")).toMatchObject({ exists: null, completion: { sct: 7, sc: 0x80 } });
      expect((await keys.exists(qpair, "k")).exists).toBe(true);
      expect(expectStatus(await keys.delete(qpair, "k")).latencyNs).toBeGreaterThan(19_000_000);
      const acted = (await driver.modelFaults(drive)).map(({ acted }) => acted);
      expect(acted).toEqual([1, 1, 1, 1, 0]);
    },
  ));

test("where the medium is worn out a value that cannot be read is 00/88, and counts as a media error", () =>
  withKeys({ faults: [{ kind: "wear-out", driveWrites: 1 }] }, async ({ controller, store, fetch }) => {
    const value = "v".repeat(100_000);
    const ends = new Set<string>();
    for (let i = 0; i < 2000 && !ends.has(STATUS.unrecovered); i++) {
      await store("k", value);
      const got = await fetch("k");
      ends.add(got === value ? OK : got);
    }
    expect([...ends].sort()).toEqual([OK, STATUS.unrecovered]);
    expect((await controller.getLogPage(2, 512)).data[160]).toBeGreaterThan(0);
  }));
