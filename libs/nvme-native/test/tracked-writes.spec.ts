/** Every command that changes the medium is followed by the verify table, or makes it say that it does not know. */
import { type Bench, withDrive, worker } from "./bench-drive";

const sweep = { rule: "exact" as const, regionStartLba: 0n, regionLbas: 512n, written: true };
const fill = worker({ sizeBytes: 4096, randomPercent: 0, readPercent: 0, regionLbas: 256n, passes: 1, verify: true });

describe("every write path keeps the table true", () => {
  const data = Uint8Array.from({ length: 8 * 512 }, (_, i) => i & 0xff);
  const paths: [string, number, (bench: Bench) => Promise<unknown>][] = [
    ["write", 8, ({ ns, qpair }) => ns.write(qpair, 8n, data)],
    ["raw write", 8, ({ ns, qpair }) => ns.io(qpair, { opcode: 1, cdw10: 8, cdw12: 7 }, data, "to-device")],
    ["write zeroes", 8, ({ ns, qpair }) => ns.writeZeroes(qpair, 8n, 8)],
    ["write uncorrectable", 8, ({ ns, qpair }) => ns.io(qpair, { opcode: 4, cdw10: 8, cdw12: 7 })],
    [
      "deallocate",
      0,
      ({ ns, qpair }) =>
        ns.deallocate(qpair, [
          { slba: 8n, lbaCount: 6 },
          { slba: 12n, lbaCount: 4 },
        ]),
    ],
    [
      "unverified worker",
      0,
      ({ ns }) => ns.startIoWorker({ ...fill, verify: false, regionStartLba: 8n, regionLbas: 8n }).result,
    ],
    ["format", 0, ({ controller }) => controller.format(1, { lbaFormat: 0 })],
  ];
  test.each(paths)("%s", (name, known, act) =>
    withDrive({}, async (bench) => {
      const { ns, folder } = bench;
      await ns.openVerifyTable(`${folder}/t.verify`, 3n);
      await ns.startIoWorker({ ...fill, regionStartLba: 8n, regionLbas: 8n }).result;
      await act(bench);
      const result = await ns.verify(sweep);
      expect(result).toMatchObject({ violations: 0n, checkedLbas: BigInt(known) });
      expect(result.readErrors).toBe(0n);
      expect(name).toBeTruthy();
    }),
  );

  test("and a scripted write that was damaged is found by its CRC", () =>
    withDrive(
      { spec: { faults: [{ kind: "silent-corruption", afterWrites: 0, everyNth: 5 }] } },
      async ({ ns, qpair, folder }) => {
        await ns.openVerifyTable(`${folder}/t.verify`, 3n);
        await ns.write(qpair, 8n, data);
        const result = await ns.verify(sweep);
        expect(result.miscompares.map((m) => [m.lba, m.kind])).toEqual([[12n, "unexpected-data"]]);
      },
    ));
});
