import { Log } from "./log";
import { NotYet, Startup } from "./startup";

describe("the start", () => {
  let startup: Startup;
  let said: string[];
  let order: string[];
  beforeEach(() => {
    said = [];
    order = [];
    startup = new Startup(new Log("debug", undefined, (line) => said.push(line)));
  });
  const step = (name: string) => async () => void order.push(name);

  it("prepares before it begins, and is ready in between", async () => {
    startup.begin("loops", async () => void order.push(`loops, missing ${startup.missing()}`));
    startup.prepare("catalogue", async () => void order.push(`catalogue, missing ${startup.missing()}`));
    await startup.run([{ what: "migrations", run: step("migrations") }]);
    expect(order).toEqual(["migrations", "catalogue, missing waiting for catalogue", "loops, missing null"]);
  });

  it("waits for what may pass, and says for what and why", async () => {
    let tries = 0;
    let missing: string | null = null;
    startup.prepare("the database", async () => {
      if (++tries === 1) throw new NotYet("it sleeps");
      missing = startup.missing();
    });
    await startup.run([]);
    expect(tries).toBe(2);
    expect(missing).toBe("waiting for the database");
    expect(said.join()).toContain('"message":"waiting for the database","reason":"it sleeps"');
    expect(startup.missing()).toBeNull();
  });

  it("ends with what can never succeed", async () => {
    startup.prepare("the schema", async () => {
      throw new Error("the database was written by a newer Assay");
    });
    startup.begin("loops", step("loops"));
    await expect(startup.run([])).rejects.toThrow("newer Assay");
    expect(order).toEqual([]);
  });

  it("ends quietly when it is stopped while it waits", async () => {
    startup.prepare("the database", async () => {
      setImmediate(() => startup.stop());
      throw new NotYet("away");
    });
    startup.begin("loops", step("loops"));
    await startup.run([]);
    expect(order).toEqual([]);
    expect(startup.missing()).toContain("shutting down");
  });
});
