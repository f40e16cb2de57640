/** One conformance suite for every power driver, and what is special about `exec`. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExecPowerOptions, execPower } from "./exec-power";
import { MAX_EXEC_OUTPUT_BYTES, type PowerDriver, PowerError } from "./power-driver";
import { simulatedPower } from "./simulated-power";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-power-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const node = (script: string) => [process.execPath, "-e", script];
const options = (over: Partial<ExecPowerOptions> = {}): ExecPowerOptions => ({
  cut: node('require("fs").writeFileSync("state", "OFF\\n")'),
  restore: node('require("fs").writeFileSync("state", "on extra words\\n")'),
  read: node('process.stdout.write(require("fs").readFileSync("state"))'),
  timeoutMs: 30_000,
  witness: null,
  cwd: folder,
  ...over,
});

interface Bench {
  driver: PowerDriver;
  /** Makes every use of the switch fail from now on. */
  break(): void;
}
const benches: [string, () => Bench][] = [
  [
    "simulated",
    () => {
      let power: "on" | "off" = "on";
      let generation = 0;
      let broken = false;
      const check = () => {
        if (broken) throw new Error("the file is gone");
      };
      const set = async (wanted: "on" | "off") => {
        check();
        if (wanted === "off" && power === "on") generation++;
        power = wanted;
        return { power, generation };
      };
      const read = async () => {
        check();
        return { power, generation };
      };
      const driver = simulatedPower({ set, read }, "bay-1");
      return { driver, break: () => (broken = true) } as Bench;
    },
  ],
  [
    "exec",
    () => {
      const at = join(folder, "lives");
      const now = mkdtempSync(at);
      writeFileSync(join(now, "state"), "on\n");
      return { driver: execPower(options({ cwd: now })), break: () => rmSync(now, { recursive: true }) };
    },
  ],
];

describe.each(benches)("the %s power driver", (_, open) => {
  test("reads off after a cut and on after a restore", async () => {
    const { driver } = open();
    await driver.cut();
    expect(await driver.read()).toBe("off");
    await driver.restore();
    expect(await driver.read()).toBe("on");
  });

  test("may be told the same twice", async () => {
    const { driver } = open();
    await driver.cut();
    await driver.cut();
    expect(await driver.read()).toBe("off");
    await driver.restore();
    await driver.restore();
    expect(await driver.read()).toBe("on");
  });

  test("names a witness", () => {
    expect(open().driver.witness).toMatch(/\w+ \w+/);
  });

  test("says why it could not switch, and reads unknown instead of guessing", async () => {
    const bench = open();
    bench.break();
    await expect(bench.driver.cut()).rejects.toThrow(PowerError);
    await expect(bench.driver.restore()).rejects.toThrow(PowerError);
    expect(await bench.driver.read()).toBe("unknown");
  });
});

describe("exec", () => {
  test("tells the exit code and the last words of a failing command", async () => {
    const driver = execPower(options({ cut: node('console.error("relay 3 does not answer"); process.exit(4)') }));
    await expect(driver.cut()).rejects.toThrow(/exited with 4: relay 3 does not answer/);
  });

  test("ends a command and what it started when the time is over", async () => {
    const cut = ["sh", "-c", "sleep 600 & echo $! > pid; wait"];
    const driver = execPower(options({ cut, timeoutMs: 2000 }));
    await expect(driver.cut()).rejects.toThrow(/took longer than 2000 ms/);
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    const state = () =>
      existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2] : "gone";
    // The signal is on its way; a process that was missed sleeps for ten minutes.
    while (!["gone", "Z", "X"].includes(state() ?? "")) await new Promise((done) => setTimeout(done, 10));
  });

  test("uses no shell", async () => {
    const echo = join(folder, "seen");
    const driver = execPower(
      options({ cut: [...node('require("fs").writeFileSync("seen", process.argv[1])'), "$(id); rm *"] }),
    );
    await driver.cut();
    expect(readFileSync(echo, "utf8")).toBe("$(id); rm *");
  });

  test("keeps a bounded part of the output", async () => {
    const driver = execPower(options({ cut: node('process.stderr.write("x".repeat(1e6), () => process.exit(1))') }));
    const error = await driver.cut().catch((e: Error) => e);
    expect((error as Error).message.length).toBeLessThan(2 * MAX_EXEC_OUTPUT_BYTES);
  });

  test.each([
    ["a word that is neither on nor off", 'console.log("maybe")'],
    ["nothing", ""],
    ["on, with a failing exit code", 'console.log("on"); process.exitCode = 1'],
  ])("reads unknown when the command says %s", async (_, script) => {
    expect(await execPower(options({ read: node(script) })).read()).toBe("unknown");
  });

  test("a command that does not exist is a clear error", async () => {
    const driver = execPower(options({ cut: ["/no/such/relay"] }));
    await expect(driver.cut()).rejects.toThrow(/`\/no\/such\/relay` could not be started/);
  });
});
