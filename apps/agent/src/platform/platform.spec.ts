import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAgentFolder } from "./agent-folder";
import { parseUptime, readBoottimeNs } from "./boottime";
import { readConfig } from "./config";
import { writeDurably } from "./durable-file";
import { createLogger, seldom } from "./logger";
import { folderSentence } from "./start-error";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-platform-"));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

const settings = { ASSAY_ORCHESTRATOR_URL: "http://127.0.0.1:4600", ASSAY_AGENT_DIR: "/a", ASSAY_HOST_FILE: "/h.yaml" };

describe("settings", () => {
  test("have defaults, and a runner does not get the agent's secrets", () => {
    const config = readConfig({ ...settings, ASSAY_ENROLL_TOKEN_FILE: "/t", LD_LIBRARY_PATH: "/spdk" });
    expect(config).toMatchObject({
      agentDir: "/a",
      spoolLimitBytes: null,
      retentionMs: 86_400_000,
      enrollTokenFile: "/t",
    });
    expect(config.runnerEnvironment).toEqual({
      ASSAY_AGENT_DIR: "/a",
      ASSAY_HOST_FILE: "/h.yaml",
      LD_LIBRARY_PATH: "/spdk",
    });
  });

  test("every wrong one is named at once", () => {
    const wrong = { ASSAY_ORCHESTRATOR_URL: "ftp://x", ASSAY_SPOOL_LIMIT: "much", ASSAY_LOG: "loud" };
    for (const name of ["ORCHESTRATOR_URL", "AGENT_DIR", "HOST_FILE", "SPOOL_LIMIT", "LOG"])
      expect(() => readConfig(wrong)).toThrow(new RegExp(`ASSAY_${name} is`));
  });
});

describe("the agent's folder", () => {
  test("is made for this user alone", () => {
    const made = openAgentFolder(join(folder, "new/agent"));
    expect(existsSync(made.runs)).toBe(true);
  });

  test("takes one agent at a time", () => {
    openAgentFolder(folder);
    expect(() => openAgentFolder(folder)).toThrow(
      new RegExp(`another agent \\(pid ${process.pid}\\) already works on`),
    );
  });

  test("of a newer Assay is refused, not guessed at", () => {
    writeFileSync(join(folder, "format.json"), JSON.stringify({ format: 99, writtenBy: "assay-agent" }));
    expect(() => openAgentFolder(folder)).toThrow(/written by a newer Assay \(format 99, this agent knows 1\)/);
  });

  test("with a damaged format is refused", () => {
    writeFileSync(join(folder, "format.json"), "{");
    expect(() => openAgentFolder(folder)).toThrow(/is damaged/);
  });

  test("that is a file is told in words", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => openAgentFolder(join(folder, "file"))).toThrow(/is no folder/);
  });

  test.each([
    ["EROFS", /read-only file system/],
    ["EACCES", /may not be written by this user/],
    ["ENOSPC", /disk of \/x is full/],
  ])("an error %s has a sentence", (code, sentence) => {
    expect(folderSentence("/x", Object.assign(new Error(code), { code }))).toMatch(sentence);
  });
});

test("a file is replaced whole and nothing is left beside it", () => {
  const file = join(folder, "state.json");
  writeDurably(file, "one");
  writeDurably(file, "two");
  expect(readFileSync(file, "utf8")).toBe("two");
  expect(readdirSync(folder)).toEqual(["state.json"]);
});

test("boot time is read with its 10 ms, and never goes back", () => {
  expect(parseUptime("350735.47 234388.90\n")).toBe(350_735_470_000_000n);
  expect(() => parseUptime("soon")).toThrow(/reads "soon"/);
  const first = readBoottimeNs();
  expect(readBoottimeNs()).toBeGreaterThanOrEqual(first);
});

test("the log says what is at least as important as asked, and the same sentence seldom", () => {
  const lines: string[] = [];
  const log = createLogger(
    "warn",
    (line) => lines.push(line),
    () => new Date(0),
  );
  log.info("no");
  log.error("two\nlines");
  expect(lines).toEqual(["1970-01-01T00:00:00.000Z error two\n  lines\n"]);
  const said: string[] = [];
  let now = 0;
  const complain = seldom(
    (text) => said.push(text),
    100,
    () => now,
  );
  complain("a");
  complain("a");
  complain("b");
  now = 100;
  complain("a");
  expect(said).toEqual(["a", "b", "a"]);
});
