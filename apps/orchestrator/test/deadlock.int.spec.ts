import { Database } from "../src/platform/database";
import { Log } from "../src/platform/log";
import { TestPostgres } from "./application";

jest.setTimeout(120_000);

describe("two transactions that lock in opposite orders", () => {
  let postgres: TestPostgres;
  let database: Database;

  beforeAll(async () => {
    postgres = await TestPostgres.start();
    database = new Database(postgres.url, new Log("error", undefined, () => {}));
    await database.query("CREATE TABLE account (name text PRIMARY KEY, amount integer NOT NULL)");
    await database.query("INSERT INTO account VALUES ('a', 0), ('b', 0)");
  });
  afterAll(async () => {
    await database?.close();
    await postgres?.remove();
  });

  it("both end: the victim of the deadlock begins again", async () => {
    let begun = 0;
    let bothHold = () => {};
    const meeting = new Promise<void>((resolve) => {
      bothHold = resolve;
    });
    const add = (first: string, second: string) =>
      database.transaction(async (transaction) => {
        await transaction.query("UPDATE account SET amount = amount + 1 WHERE name = $1", [first]);
        if (++begun === 2) bothHold();
        await meeting;
        await transaction.query("UPDATE account SET amount = amount + 1 WHERE name = $1", [second]);
      });
    await Promise.all([add("a", "b"), add("b", "a")]);
    // One of them was a victim; it may meet the other once more before that one has ended.
    expect(begun).toBeGreaterThan(2);
    expect(await database.query("SELECT name, amount FROM account ORDER BY name")).toEqual([
      { name: "a", amount: 2 },
      { name: "b", amount: 2 },
    ]);
  });
});
