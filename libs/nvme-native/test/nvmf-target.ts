/**
 * SPDK's `nvmf_tgt` as a drive to test against: over NVMe/TCP on loopback and over vfio-user, with memory-backed
 * namespaces. The program is an installed one, found by ASSAY_NVMF_TGT or in PATH; spoken to by JSON-RPC over its socket.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { driver } from "../src";

const START_LIMIT_MS = 60_000;
const START_POLL_MS = 50;
const RPC_LIMIT_MS = 60_000;
const MEMORY_MIB = 1024;

/** What the names of the subsystems, and their serials, end with. */
const PLACES = [
  ["", ""],
  ["-2", "B"],
  ["-slow", "S"],
] as const;
const SLOW_READ_US = 1_500_000;
const SLOW_MIB = 8;
/** By which the second ones are larger than the first. */
const MORE_MIB = 8;

export const TCP_NQN = "nqn.2016-06.io.spdk:assay-tcp";
export const VFIO_USER_NQN = "nqn.2016-06.io.spdk:assay-vfio-user";
export const TCP_SERIAL = "ASSAYTCP0001";
export const VFIO_USER_SERIAL = "ASSAYVFU0001";

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findProgram(): string | null {
  const named = process.env.ASSAY_NVMF_TGT;
  if (named !== undefined) return isProgram(named) ? named : null;
  const candidates = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "nvmf_tgt"));
  return candidates.find(isProgram) ?? null;
}

/** Why the tests against the target cannot run here; null when they can. */
export function whyNotHere(): string | null {
  if (!driver.info().transports.includes("spdk-tcp")) {
    return "the addon was built without SPDK (set PKG_CONFIG_PATH and build it again)";
  }
  if (findProgram() === null) return "nvmf_tgt was not found (set ASSAY_NVMF_TGT or PATH)";
  return null;
}

/** Why it cannot be reached by vfio-user; null when it can. As spdk/README.md tells of releases. */
export function whyNoVfioUser(): string | null {
  const release = driver.info().spdkVersion;
  return release !== null && release < "v25.09" ? `SPDK ${release} lends memory from hugepages only` : null;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

export class NvmfTarget {
  private constructor(
    readonly folder: string,
    readonly port: number,
    private process: ChildProcess,
    private output: string[],
  ) {}

  get vfioUserPath(): string {
    return join(this.folder, "vfio-user");
  }

  /**
   * Starts the target with three TCP and three vfio-user subsystems of one namespace each; the second ones end with `-2`,
   * the last ones, whose reads take SLOW_READ_US, with `-slow`.
   */
  static async start(sizeMib = 64): Promise<NvmfTarget> {
    const folder = mkdtempSync(join(tmpdir(), "assay-nvmf-"));
    const target = new NvmfTarget(folder, await freePort(), ...NvmfTarget.launch(folder));
    try {
      await target.configure(sizeMib);
    } catch (reason) {
      await target.stop();
      throw reason;
    }
    return target;
  }

  private static launch(folder: string): [ChildProcess, string[]] {
    const output: string[] = [];
    const child = spawn(
      findProgram()!,
      [
        "--no-pci",
        "--no-huge",
        "-s",
        String(MEMORY_MIB),
        "-m",
        "0x1",
        "--disable-cpumask-locks",
        "-r",
        `${folder}/rpc.sock`,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk) => output.push(String(chunk)));
    return [child, output];
  }

  private async configure(sizeMib: number): Promise<void> {
    await this.ready();
    await this.call("nvmf_create_transport", { trtype: "TCP" });
    await this.call("nvmf_create_transport", { trtype: "VFIOUSER" });
    const tcp = { trtype: "TCP", adrfam: "IPv4", traddr: "127.0.0.1", trsvcid: String(this.port) };
    const vfioUser = (more: string) => {
      mkdirSync(this.vfioUserPath + more);
      return { trtype: "VFIOUSER", traddr: this.vfioUserPath + more, trsvcid: "0" };
    };
    const listeners = PLACES.flatMap(
      ([more, letter]) =>
        [
          [TCP_NQN + more, TCP_SERIAL + letter, tcp],
          [VFIO_USER_NQN + more, VFIO_USER_SERIAL + letter, vfioUser(more)],
        ] as const,
    );
    for (const [nqn, serial, address] of listeners) {
      const slow = nqn.endsWith("-slow");
      const memory = `memory-${serial}`;
      const mib = slow ? SLOW_MIB : nqn.endsWith("-2") ? sizeMib + MORE_MIB : sizeMib;
      await this.call("bdev_malloc_create", { name: memory, num_blocks: mib * 2048, block_size: 512 });
      const name = slow ? await this.slowed(memory) : memory;
      await this.call("nvmf_create_subsystem", {
        nqn,
        serial_number: serial,
        model_number: "ASSAY TARGET",
        allow_any_host: true,
      });
      await this.call("nvmf_subsystem_add_ns", { nqn, namespace: { bdev_name: name } });
      await this.call("nvmf_subsystem_add_listener", { nqn, listen_address: address });
    }
  }

  /** A device whose reads are slow, in front of one whose are not. */
  private async slowed(base: string): Promise<string> {
    const name = `slow-${base}`;
    const latencies = { avg_read_latency: SLOW_READ_US, p99_read_latency: SLOW_READ_US };
    const more = { avg_write_latency: 0, p99_write_latency: 0 };
    await this.call("bdev_delay_create", { base_bdev_name: base, name, ...latencies, ...more });
    return name;
  }

  /** One namespace more, of 8 MiB, in a subsystem that hosts use meanwhile; gives what takes it away again. */
  async addNamespace(nqn: string): Promise<() => Promise<void>> {
    const name = "come-and-go";
    await this.call("bdev_malloc_create", { name, num_blocks: 16_384, block_size: 512 });
    const nsid = await this.call("nvmf_subsystem_add_ns", { nqn, namespace: { bdev_name: name } });
    return async () => {
      await this.call("nvmf_subsystem_remove_ns", { nqn, nsid });
      await this.call("bdev_malloc_delete", { name });
    };
  }

  private async ready(): Promise<void> {
    const until = Date.now() + START_LIMIT_MS;
    for (;;) {
      if (this.process.exitCode !== null) throw new Error(`nvmf_tgt ended at its start:\n${this.output.join("")}`);
      try {
        await this.call("framework_wait_init", {});
        return;
      } catch (reason) {
        if (Date.now() >= until) throw reason;
        await new Promise((resolve) => setTimeout(resolve, START_POLL_MS));
      }
    }
  }

  /** One JSON-RPC call; rejects with the target's own message. */
  async call(method: string, params: object): Promise<unknown> {
    const socket = await connect(join(this.folder, "rpc.sock"));
    try {
      return await new Promise((resolve, reject) => {
        let text = "";
        socket.setTimeout(RPC_LIMIT_MS, () => reject(new Error(`${method}: no answer within ${RPC_LIMIT_MS} ms`)));
        socket.once("error", reject);
        socket.once("close", () => reject(new Error(`${method}: the target closed the connection`)));
        socket.on("data", (chunk) => {
          text += String(chunk);
          let answer: { result?: unknown; error?: { message: string } };
          try {
            answer = JSON.parse(text);
          } catch {
            return; // the rest is still on its way
          }
          if (answer.error) reject(new Error(`${method}: ${answer.error.message}`));
          else resolve(answer.result);
        });
        const request = { jsonrpc: "2.0", id: 1, method, ...(Object.keys(params).length > 0 ? { params } : {}) };
        socket.write(JSON.stringify(request));
      });
    } finally {
      socket.destroy();
    }
  }

  /** SIGKILL, as a target's crash; resolves when it is gone. */
  kill(): Promise<void> {
    return new Promise((resolve) => {
      if (this.process.exitCode !== null || this.process.signalCode !== null) return resolve();
      this.process.once("exit", () => resolve());
      this.process.kill("SIGKILL");
    });
  }

  /** After kill: the same subsystems at the same addresses, with new memory. */
  async restart(sizeMib = 64): Promise<void> {
    for (const [more] of PLACES) rmSync(this.vfioUserPath + more, { recursive: true, force: true });
    rmSync(join(this.folder, "rpc.sock"), { force: true });
    [this.process, this.output] = NvmfTarget.launch(this.folder);
    await this.configure(sizeMib);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
