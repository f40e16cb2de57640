import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HOME_FORMAT, openHome } from "./home";

describe("the lab's folder", () => {
  const path = mkdtempSync(join(tmpdir(), "assay-home-"));
  afterAll(() => rmSync(path, { recursive: true }));

  it("is held by one lab at a time and free again afterwards", () => {
    const first = openHome(path, "0.1.0");
    expect(() => openHome(path, "0.1.0")).toThrow(`another lab (process ${process.pid}) already runs on ${path}`);
    first.close();
    openHome(path, "0.1.0").close();
  });

  it("is not held by what a dead lab left behind", () => {
    const fd = spawnSync("flock", ["-n", join(path, "lock"), "true"]);
    expect(fd.status).toBe(0);
    openHome(path, "0.1.0").close();
  });

  it("is refused when a newer Assay wrote it, and not touched", () => {
    writeFileSync(join(path, "version.json"), JSON.stringify({ format: HOME_FORMAT + 1, writtenBy: "9.0.0" }));
    expect(() => openHome(path, "0.1.0")).toThrow(/written by a newer Assay \(9\.0\.0, folder format 2/);
  });

  it("is refused when it does not say its format", () => {
    writeFileSync(join(path, "version.json"), "{");
    expect(() => openHome(path, "0.1.0")).toThrow(/damaged/);
  });

  it("is refused in words when it cannot be made", () => {
    writeFileSync(join(path, "file"), "");
    expect(() => openHome(join(path, "file", "home"), "0.1.0")).toThrow(/is no folder|in the way/);
  });
});
