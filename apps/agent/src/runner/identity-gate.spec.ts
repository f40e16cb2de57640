import { IdentityGate } from "./identity-gate";

/** Lets everything that can go on do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function deferred() {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe("the identity gate", () => {
  it("lets nobody through while a renewal is under way, and everybody once it is over", async () => {
    const gate = new IdentityGate(() => null);
    const renewal = deferred();
    const log: string[] = [];
    const held = gate.hold(async () => {
      log.push("renewal begins");
      await renewal.promise;
      log.push("confirmed");
    });
    const askers = [1, 2].map((n) => gate.pass(() => log.push(`command ${n}`)));
    askers.push(gate.look(() => log.push("register")));
    await settle();
    expect(log).toEqual(["renewal begins"]);
    renewal.resolve();
    await Promise.all([held, ...askers]);
    expect(log.slice(0, 2)).toEqual(["renewal begins", "confirmed"]);
    expect(log.slice(2).sort()).toEqual(["command 1", "command 2", "register"]);
  });

  it("runs one renewal at a time", async () => {
    const gate = new IdentityGate(() => null);
    const log: string[] = [];
    const renew = (n: number) =>
      gate.hold(async () => {
        log.push(`begins ${n}`);
        await settle();
        log.push(`ends ${n}`);
      });
    await Promise.all([renew(1), renew(2), renew(3)]);
    expect(log).toEqual(["begins 1", "ends 1", "begins 2", "ends 2", "begins 3", "ends 3"]);
  });

  it("opens again after a renewal that failed, and passes its error to the one who renewed only", async () => {
    const gate = new IdentityGate(() => null);
    await expect(gate.hold(() => Promise.reject(new Error("no ready")))).rejects.toThrow("no ready");
    expect(await gate.pass(() => "sent")).toBe("sent");
  });

  it("has an identity that is still owed confirmed first, once for all who wait", async () => {
    let owed = true;
    let confirmations = 0;
    const gate = new IdentityGate(() => {
      if (!owed) return null;
      confirmations++;
      return settle().then(() => {
        owed = false;
      });
    });
    expect(await gate.look(() => owed)).toBe(true);
    expect(await Promise.all([gate.pass(() => owed), gate.pass(() => owed)])).toEqual([false, false]);
    expect(confirmations).toBe(1);
  });

  it("lets nothing through after a refusal, not even what was waiting", async () => {
    const gate = new IdentityGate(() => null);
    const sent = jest.fn();
    const renewal = deferred();
    const held = gate.hold(async () => {
      await renewal.promise;
      gate.refuse(new Error("another drive"));
    });
    const waiting = [gate.pass(sent), gate.look(sent), gate.hold(sent)];
    renewal.resolve();
    await held;
    for (const each of [...waiting, gate.pass(sent)]) await expect(each).rejects.toThrow("another drive");
    expect(sent).not.toHaveBeenCalled();
    expect(gate.refused).toBe(true);
  });
});
