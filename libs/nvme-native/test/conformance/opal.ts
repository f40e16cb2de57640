/** Self-encrypting drives: locking ranges, keys, owners (X11). Only a drive that nobody needs is reverted: the software drive. */
import { driver, expectStatus, expectTcg, OpalDrive, type OpalWho, Subsystem } from "../../src";
import { behaviour, type ConformanceBench } from "./behaviour";

const PSID = "LABEL-OF-THE-DRIVE";
const OWNER = "owner";
const ADMIN: OpalWho = { admin: 1, pin: OWNER };
const OPTIONS = {
  needs: ["security" as const],
  on: ["model" as const],
  spec: { opal: { msid: "FACTORY", psid: PSID } },
};
const sector = (byte = 0) => new Uint8Array(512).fill(byte);

/** Owned, activated, and LBAs 64 to 127 are range 1, not locked. */
async function owned({ controller }: ConformanceBench): Promise<OpalDrive> {
  const opal = await OpalDrive.of(controller);
  const { msid } = await opal.msid();
  expectTcg(await opal.setSidPin(msid!, OWNER));
  expectTcg(await opal.activate(OWNER));
  expectTcg(await opal.setRange(ADMIN, 1, { slba: 64n, lbaCount: 64n, readLockEnabled: true, writeLockEnabled: true }));
  return opal;
}

behaviour(
  "X11",
  "discovery and properties tell what the drive is, and only a session with the right PIN takes it over",
  OPTIONS,
  async ({ controller }) => {
    const opal = await OpalDrive.of(controller);
    const found = await opal.discover();
    expect(found.locking).toMatchObject({ supported: true, enabled: false, locked: false, mediaEncryption: true });
    expect(found.geometry?.lbaBytes).toBe(512);
    expect(found.opal).toMatchObject({ sidIsMsid: true });
    const { answer, properties } = await opal.properties();
    expectTcg(answer);
    expect(properties.MaxComPacketSize).toBeGreaterThanOrEqual(2048);
    expectTcg(await opal.setSidPin("wrong", OWNER), "NOT_AUTHORIZED");
    expectTcg(await opal.activate("wrong"), "NOT_AUTHORIZED");
    const { msid } = await opal.msid();
    expect(Buffer.from(msid!).toString()).toBe("FACTORY");
    expectTcg(await opal.setSidPin(msid!, OWNER));
    expectTcg(await opal.setSidPin(msid!, "thief"), "NOT_AUTHORIZED");
    expectTcg((await opal.session("locking", null)).answer, "INVALID_PARAMETER");
    expectTcg(await opal.activate(OWNER));
    expect((await opal.discover()).locking).toMatchObject({ enabled: true, locked: false });
  },
);

behaviour(
  "X11",
  "a locked range ends reads and writes with 02/86, a write lock writes alone; the rest of the drive goes on",
  OPTIONS,
  async (bench) => {
    const { ns, qpair } = bench;
    const opal = await owned(bench);
    expectStatus(await ns.write(qpair, 64n, sector(7)));
    expectTcg(await opal.lock(ADMIN, 1, "all"));
    expect((await opal.discover()).locking?.locked).toBe(true);
    expectStatus(await ns.read(qpair, 64n, sector()), 2, 0x86);
    expectStatus(await ns.write(qpair, 127n, sector(1)), 2, 0x86);
    expectStatus(await ns.read(qpair, 63n, new Uint8Array(1024)), 2, 0x86);
    expectStatus(await ns.writeZeroes(qpair, 64n, 1), 2, 0x86);
    expectStatus(await ns.deallocate(qpair, [{ slba: 0n, lbaCount: 65 }]), 2, 0x86);
    expectStatus(await ns.copy(qpair, [{ slba: 64n, lbaCount: 1 }], 0n), 2, 0x86);
    expectStatus(await ns.write(qpair, 63n, sector(1)));
    expectStatus(await ns.read(qpair, 128n, sector()));
    expectTcg(await opal.lock(ADMIN, 1, "writes"));
    expectStatus(await ns.write(qpair, 64n, sector(1)), 2, 0x86);
    const data = sector();
    expectStatus(await ns.read(qpair, 64n, data));
    expect(data).toEqual(sector(7));
    expectTcg(await opal.lock(ADMIN, 1, "none"));
    expectStatus(await ns.write(qpair, 64n, sector(8)));
  },
);

behaviour(
  "X11",
  "a user locks and unlocks the range that was given to it, and nothing else",
  OPTIONS,
  async (bench) => {
    const opal = await owned(bench);
    const user: OpalWho = { user: 1, pin: "user" };
    expectTcg(await opal.lock(user, 1, "all"), "NOT_AUTHORIZED");
    expectTcg(await opal.setUserPin(ADMIN, 1, "user"));
    expectTcg(await opal.enableUser(ADMIN, 1));
    expectTcg(await opal.lock(user, 1, "all"), "NOT_AUTHORIZED");
    expectTcg(await opal.permitUsers(ADMIN, 1, [1, 2]));
    expectTcg(await opal.lock(user, 1, "all"));
    expectTcg(await opal.lock(user, 0, "all"), "NOT_AUTHORIZED");
    expectTcg(await opal.generateKey(user, 1), "NOT_AUTHORIZED");
    expectTcg(await opal.setRange(user, 1, { slba: 0n }), "NOT_AUTHORIZED");
    expect((await opal.range(user, 1)).range).toMatchObject({ slba: 64n, lbaCount: 64n, readLocked: true });
    expectTcg(await opal.setUserPin(user, 1, "changed"));
    expectTcg(await opal.lock({ user: 1, pin: "user" }, 1, "none"), "NOT_AUTHORIZED");
    expectTcg(await opal.lock({ user: 1, pin: "changed" }, 1, "none"));
  },
);

behaviour("X11", "a new key takes the data of its range away and no others", OPTIONS, async (bench) => {
  const { ns, qpair } = bench;
  const opal = await owned(bench);
  for (const lba of [63n, 64n, 127n, 128n]) expectStatus(await ns.write(qpair, lba, sector(9)));
  const holds = async (lba: bigint) => {
    const data = sector();
    expectStatus(await ns.read(qpair, lba, data));
    return data.every((byte) => byte === 9);
  };
  expectTcg(await opal.generateKey(ADMIN, 1));
  expect([await holds(63n), await holds(64n), await holds(127n), await holds(128n)]).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expectStatus(await ns.write(qpair, 64n, sector(9)));
  expectTcg(await opal.generateKey(ADMIN, 0));
  expect([await holds(63n), await holds(64n), await holds(128n)]).toEqual([false, true, false]);
});

behaviour(
  "X11",
  "a power cycle locks again what is locked on reset, and ends sessions; a reset of the subsystem where that was asked for",
  OPTIONS,
  async (bench) => {
    const { controller, drive } = bench;
    const opal = await owned(bench);
    const first = await opal.session("locking", ADMIN);
    expectTcg((await opal.session("locking", ADMIN)).answer, "SP_BUSY");
    await driver.modelPower(drive!, "off");
    await driver.modelPower(drive!, "on");
    await controller.reopen();
    const { status } = await first.session!.close();
    expect(status).toBe(null);
    const ns = await controller.namespace(1);
    const qpair = await controller.createQpair({ depth: 4 });
    expectStatus(await ns.read(qpair, 64n, sector()), 2, 0x86);
    expectStatus(await ns.read(qpair, 0n, sector()));
    expectTcg(await opal.setRange(ADMIN, 1, { readLocked: false, writeLocked: false, lockOnReset: ["hardwareReset"] }));
    expectStatus(await ns.read(qpair, 64n, sector()));
    await controller.reset();
    expect((await opal.range(ADMIN, 1)).range).toMatchObject({ readLocked: false, lockOnReset: ["hardwareReset"] });
    await new Subsystem(controller).reset();
    await controller.reset();
    expect((await opal.range(ADMIN, 1)).range).toMatchObject({ readLocked: true, writeLocked: true });
  },
);

behaviour(
  "X11",
  "formats, sanitizes and namespaces stay out of a locked drive; a revert by SID or PSID gives it back, empty",
  OPTIONS,
  async (bench) => {
    const { controller, ns, qpair } = bench;
    const opal = await owned(bench);
    expectStatus(await ns.write(qpair, 200n, sector(5)));
    expectTcg(await opal.lock(ADMIN, 1, "all"));
    expectStatus(await controller.format(1, { lbaFormat: 0 }), 0, 0x15);
    expectStatus(await controller.commands.sanitize("blockErase"), 0, 0x15);
    expectStatus(await controller.commands.deleteNamespace(1), 0, 0x15);
    expectTcg(await opal.setRange(ADMIN, 2, { slba: 100n, lbaCount: 10n }), "INVALID_PARAMETER");
    expectTcg(await opal.setRange(ADMIN, 2, { slba: ns.identity.lbaCount, lbaCount: 1n }), "INVALID_PARAMETER");
    for (let i = 0; i < 5; i++) expectTcg(await opal.revert({ sid: "guess" }), "NOT_AUTHORIZED");
    expectTcg(await opal.revert({ sid: OWNER }), "AUTHORITY_LOCKED_OUT");
    expectTcg(await opal.revert({ psid: PSID }));
    expect((await opal.discover()).locking).toMatchObject({ enabled: false, locked: false });
    const data = sector(1);
    expectStatus(await ns.read(qpair, 200n, data));
    expect(data).toEqual(sector());
    const again = await owned(bench);
    expectTcg(await again.revertLockingSp(ADMIN));
    expectTcg(await again.revert({ sid: OWNER }));
    expectTcg(await again.revert({ sid: OWNER }), "NOT_AUTHORIZED");
    expectTcg(await again.revert({ sid: "FACTORY" }));
  },
);

behaviour(
  "X11",
  "a script's mistake and a refusal of the drive close their session, so that the next one is not kept out",
  OPTIONS,
  async (bench) => {
    const opal = await owned(bench);
    const mistakes = [
      () => opal.range(ADMIN, -1),
      () => opal.lock(ADMIN, -1, "all"),
      () => opal.generateKey(ADMIN, -1),
      () => opal.permitUsers(ADMIN, -1, [1]),
      () => opal.enableUser(ADMIN, -1),
      () => opal.setAdminPin(ADMIN, -1, "pin"),
    ];
    for (const mistake of mistakes) {
      await expect(mistake()).rejects.toMatchObject({ code: "ERR_ARGUMENT" });
      expectTcg((await opal.range(ADMIN, 1)).answer);
    }
    expectTcg(await opal.setRange(ADMIN, 1, { slba: bench.ns.identity.lbaCount }), "INVALID_PARAMETER");
    expectTcg((await opal.range(ADMIN, 1)).answer);
  },
);
