/** What keeps a lab from starting is said in one sentence, with a non-zero exit code. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, REPOSITORY, runLab } from "./lab";

const ENDS_WITHIN_MS = 60_000;
/** Where a database and an orchestrator come up first. */
const UP_WITHIN_MS = 180_000;
const lab = join(REPOSITORY, "apps/embedded/dist/main.js");
/** A mount namespace of its own, for file systems that are read-only or full. */
const canMount = spawnSync("unshare", ["--mount", "true"]).status === 0;
const mounting = canMount ? it : it.skip;

describe("a lab that cannot start [mounting needs root and mount namespaces]", () => {
  const folder = mkdtempSync(join(tmpdir(), "assay-refused-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function refused(home: string, port: number, withinMs = ENDS_WITHIN_MS): Promise<string> {
    const started = runLab(["--no-demo"], { home, port });
    const timer = setTimeout(() => started.child.kill("SIGKILL"), withinMs);
    const code = await started.exited;
    clearTimeout(timer);
    expect(code).toBe(1);
    return started.output();
  }

  function refusedOn(mountOptions: string, port: number): string {
    const mountPoint = join(folder, "mounted");
    mkdirSync(mountPoint, { recursive: true });
    const script = `mount -t tmpfs -o ${mountOptions} tmpfs ${mountPoint} && exec ${process.execPath} ${lab}`;
    const env = { ...process.env, ASSAY_HOME: join(mountPoint, "lab"), ASSAY_PORT: String(port) };
    const { status, stderr } = spawnSync("unshare", ["--mount", "sh", "-c", script], {
      env,
      encoding: "utf8",
      timeout: ENDS_WITHIN_MS,
    });
    expect(status).toBe(1);
    return stderr;
  }

  it("names the port that is taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    try {
      expect(await refused(join(folder, "port"), port)).toMatch(new RegExp(`port ${port} on 127.0.0.1 is taken`));
    } finally {
      server.close();
    }
  });

  it("names the lab that already runs on the folder", async () => {
    const home = join(folder, "second");
    mkdirSync(home);
    const holder = spawnSync("flock", ["--nonblock", join(home, "lock"), process.execPath, "-e", ""]);
    expect(holder.status).toBe(0);
    const port = await freePort();
    const script = `exec ${process.execPath} ${lab}`;
    const env = { ...process.env, ASSAY_HOME: home, ASSAY_PORT: String(port) };
    const { status, stderr } = spawnSync("flock", ["--nonblock", join(home, "lock"), "sh", "-c", script], {
      env,
      encoding: "utf8",
      timeout: ENDS_WITHIN_MS,
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/another lab.* already runs on/);
  });

  it("does not guess at a folder of a newer version", async () => {
    const home = join(folder, "newer");
    mkdirSync(home);
    writeFileSync(join(home, "version.json"), JSON.stringify({ format: 99, writtenBy: "9.9.9" }));
    expect(await refused(home, await freePort())).toMatch(/written by a newer Assay \(9\.9\.9/);
  });

  it("says what is wrong with the host's file, and where", async () => {
    const home = join(folder, "host-file");
    mkdirSync(home);
    writeFileSync(join(home, "host.yaml"), "apiVersion: assay/v1\nkind: Host\nname: lab\nslots: [{nam: x}]\n");
    const said = await refused(home, await freePort(), UP_WITHIN_MS);
    expect(said).toMatch(/the agent ended with exit code 1 before it was ready/);
    expect(said).toMatch(/host\.yaml:4:10: unknown key "nam" in slots\[0\]/);
  }, 240_000);

  it("says that a folder cannot be made", async () => {
    expect(await refused("/proc/assay", await freePort())).toMatch(/cannot be made there|may not be written/);
  });

  mounting("says that the folder is read-only", async () => {
    expect(refusedOn("ro,size=8m", await freePort())).toMatch(/read-only file system/);
  });

  mounting("says that the disk is full", async () => {
    expect(refusedOn("size=8m", await freePort())).toMatch(/the disk that holds .* is full/);
  });
});
