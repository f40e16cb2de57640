/** SPDK's own target with one drive over TCP and one over vfio-user, each on a malloc bdev. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";

export const MODEL = "SPDK bdev Controller";
export const CAPACITY_BYTES = 40 * 2 ** 20;
const LBA_BYTES = 512;

export interface Target {
  slots: Record<"tcp" | "vfio", { path: string; serial: string }>;
  stop(): Promise<void>;
}

/** The target's program, or why it cannot be used. */
export function findTarget(): { program: string } | { missing: string } {
  const modules = ["spdk_nvme", "spdk_env_dpdk", "spdk_sock_posix"];
  if (spawnSync("pkg-config", ["--exists", ...modules]).status !== 0) return { missing: "pkg-config finds no SPDK" };
  const program = process.env.ASSAY_NVMF_TGT;
  if (program === undefined) return { missing: "ASSAY_NVMF_TGT does not name SPDK's nvmf_tgt" };
  return existsSync(program) ? { program } : { missing: `${program} is not there` };
}

/** Settles when both listeners answer. `port` must be free. */
export async function startTarget(program: string, root: string, port: number): Promise<Target> {
  const socketDir = join(root, "vfio");
  mkdirSync(socketDir);
  const tcp = { trtype: "TCP", adrfam: "IPv4", traddr: "127.0.0.1", trsvcid: String(port) };
  const vfio = { trtype: "VFIOUSER", traddr: socketDir, trsvcid: "" };
  const nvmf = [
    { method: "nvmf_create_transport", params: { trtype: "TCP" } },
    { method: "nvmf_create_transport", params: { trtype: "VFIOUSER" } },
    ...subsystem("tcp", tcp),
    ...subsystem("vfio", vfio),
  ];
  const bdev = ["tcp", "vfio"].map((name) => ({
    method: "bdev_malloc_create",
    params: { name, num_blocks: CAPACITY_BYTES / LBA_BYTES, block_size: LBA_BYTES },
  }));
  const config = join(root, "target.json");
  const subsystems = [
    { subsystem: "bdev", config: bdev },
    { subsystem: "nvmf", config: nvmf },
  ];
  writeFileSync(config, JSON.stringify({ subsystems }));
  const args = ["-c", config, "-m", "0x1", "--no-huge", "-s", "1024", "--no-pci", "-r", join(root, "rpc.sock")];
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = (said + chunk).slice(-2000);
  });
  const answers = async () => existsSync(join(socketDir, "cntrl")) && (await listens(port));
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error(`nvmf_tgt ended with ${child.exitCode}: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    slots: {
      tcp: { path: `{transport: spdk-tcp, address: "127.0.0.1:${port}", nqn: "${nqnOf("tcp")}"}`, serial: "TCP" },
      vfio: { path: `{transport: spdk-vfio-user, address: ${socketDir}}`, serial: "VFIO" },
    },
    stop: () => stop(child),
  };
}

const nqnOf = (name: string) => `nqn.2026-01.org.assay:${name}`;

function subsystem(name: string, listen_address: object) {
  const nqn = nqnOf(name);
  const params = { nqn, allow_any_host: true, serial_number: name.toUpperCase(), model_number: MODEL };
  return [
    { method: "nvmf_create_subsystem", params },
    { method: "nvmf_subsystem_add_ns", params: { nqn, namespace: { bdev_name: name } } },
    { method: "nvmf_subsystem_add_listener", params: { nqn, listen_address } },
  ];
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
