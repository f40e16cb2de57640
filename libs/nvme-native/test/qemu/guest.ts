/**
 * A small Linux in QEMU's software emulation: Debian's installed kernel, an initial file system made of busybox, the kernel
 * modules that are asked for and a script. What the script prints behind `ASSAY ` comes out as lines. Nothing is downloaded,
 * nothing survives the guest.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";

const QEMU = "qemu-system-x86_64";
const PACKAGES: Record<string, string> = {
  [QEMU]: "qemu-system-x86",
  busybox: "busybox-static",
  cpio: "cpio",
  modprobe: "kmod",
};
/** Software emulation on a busy machine: a boot takes seconds, rarely a minute. */
const BOOT_LIMIT_MS = 240_000;
const POLL_MS = 50;
const MARK = "ASSAY ";

export interface GuestOptions {
  /** Kernel modules in the order of loading, with parameters behind the name; what they need comes by itself. */
  modules: string[];
  /** Shell commands; the first line of output that the caller waits for is theirs to print. */
  script: string;
  /** Files and folders of this machine by their place in the guest. */
  files?: Record<string, string>;
  qemu?: string[];
  kernel?: string;
  memoryMib?: number;
}

const find = (program: string) =>
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"]
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path)) ?? null;

interface Kernel {
  image: string;
  release: string;
}

/** The newest installed kernel that has all these modules. */
function findKernel(modules: string[]): Kernel | null {
  const root = "/lib/modules";
  for (const release of existsSync(root) ? readdirSync(root).sort().reverse() : []) {
    const image = `/boot/vmlinuz-${release}`;
    const index = join(root, release, "modules.dep");
    if (!existsSync(image) || !existsSync(index)) continue;
    const known = readFileSync(index, "utf8") + readFileSync(join(root, release, "modules.builtin"), "utf8");
    const has = (name: string) => new RegExp(`/${name.replaceAll(/[-_]/g, "[-_]")}\\.ko`).test(known);
    if (modules.every((module) => has(module.split(" ")[0]!))) return { image, release };
  }
  return null;
}

/** Why no guest with these modules can be started here; null when one can. */
export function whyNoGuest(modules: string[]): string | null {
  const missing = Object.keys(PACKAGES).filter((program) => find(program) === null);
  if (missing.length > 0)
    return `no ${missing.join(", ")} on this machine (apt-get install ${missing.map((name) => PACKAGES[name]).join(" ")})`;
  if (findKernel(modules) === null)
    return `no kernel in /boot with ${modules.join(", ")} (apt-get install linux-image-cloud-amd64)`;
  return null;
}

/** Paths of the modules and of what they need, in the order of loading, with parameters. */
function loadOrder(kernel: Kernel, modules: string[]): { path: string; parameters: string }[] {
  const order: { path: string; parameters: string }[] = [];
  for (const module of modules) {
    const [name, ...parameters] = module.split(" ");
    const shown = execFileSync(find("modprobe")!, ["-S", kernel.release, "--show-depends", name!], {
      encoding: "utf8",
    });
    for (const [, path] of shown.matchAll(/^insmod (\S+)/gm))
      if (!order.some((known) => known.path === path)) order.push({ path: path!, parameters: "" });
    if (parameters.length > 0) order.at(-1)!.parameters = parameters.join(" ");
  }
  return order;
}

/** The initial file system as a file. */
function makeFileSystem(folder: string, kernel: Kernel, { modules, script, files = {} }: GuestOptions): string {
  const root = join(folder, "root");
  for (const name of ["bin", "proc", "sys", "dev", "tmp", "modules"]) mkdirSync(join(root, name), { recursive: true });
  copyFileSync(find("busybox")!, join(root, "bin/busybox"));
  const loading = loadOrder(kernel, modules).map(({ path, parameters }) => {
    copyFileSync(path, join(root, "modules", basename(path)));
    return `insmod /modules/${basename(path)} ${parameters}`;
  });
  for (const [place, source] of Object.entries(files)) {
    mkdirSync(dirname(join(root, place)), { recursive: true });
    cpSync(source, join(root, place), { recursive: true, dereference: true });
  }
  const init = [
    "#!/bin/busybox sh",
    "/bin/busybox --install -s /bin",
    "mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev",
    ...loading,
    script,
    `echo "${MARK}script ended"`,
    "while :; do sleep 1000; done",
  ];
  writeFileSync(join(root, "init"), `${init.join("\n")}\n`, { mode: 0o755 });
  const image = join(folder, "initrd");
  execFileSync("sh", ["-c", `cd "$1" && find . | ${find("cpio")} -o -H newc --quiet > "$2"`, "sh", root, image]);
  rmSync(root, { recursive: true, force: true });
  return image;
}

export class Guest {
  private constructor(
    readonly folder: string,
    private readonly process: ChildProcess,
    private readonly serial: string,
  ) {}

  static start(options: GuestOptions): Guest {
    const kernel = findKernel(options.modules)!;
    const folder = mkdtempSync(join(tmpdir(), "assay-guest-"));
    const serial = join(folder, "serial");
    const initrd = makeFileSystem(folder, kernel, options);
    const machine = ["-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "max", "-nodefaults", "-nographic"];
    // The second serial line is this process's own: /dev/ttyS1 there, `send` and `received` here.
    const talk = ["-chardev", "stdio,id=talk,signal=off", "-serial", "chardev:talk"];
    const boot = [
      "-kernel",
      kernel.image,
      "-initrd",
      initrd,
      "-append",
      `console=ttyS0 quiet panic=-1 no_timer_check ${options.kernel ?? ""}`,
    ];
    const child = spawn(
      find(QEMU)!,
      [
        ...machine,
        "-m",
        String(options.memoryMib ?? 512),
        "-serial",
        `file:${serial}`,
        ...talk,
        "-no-reboot",
        ...boot,
        ...(options.qemu ?? []),
      ],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    const guest = new Guest(folder, child, serial);
    // A guest that has ended takes nothing more; `ended` tells so.
    child.stdin!.on("error", () => {});
    child.once("exit", () => guest.#whenEnded());
    createInterface({ input: child.stdout! }).on("line", (line) => guest.#receive(line));
    child.stderr!.on("data", (chunk) => guest.complaints.push(String(chunk)));
    return guest;
  }

  private readonly complaints: string[] = [];

  #receive: (line: string) => void = () => {};
  #whenEnded: () => void = () => {};

  /** Takes lines that the guest writes to /dev/ttyS1 from now on, and is told when the guest ends. */
  received(take: (line: string) => void, ended: () => void): void {
    this.#receive = take;
    this.#whenEnded = ended;
  }

  /** A line for whoever reads /dev/ttyS1 in the guest. */
  send(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** What QEMU died of. */
  get signal(): NodeJS.Signals | null {
    return this.process.signalCode;
  }

  /** Everything that the guest printed, for a failure's message. */
  output(): string {
    return (existsSync(this.serial) ? readFileSync(this.serial, "latin1") : "") + this.complaints.join("");
  }

  /** Lines of the script so far, without their mark. */
  lines(): string[] {
    return this.output()
      .split(/\r?\n/)
      .flatMap((line) => (line.includes(MARK) ? [line.slice(line.indexOf(MARK) + MARK.length)] : []));
  }

  /** The first line that begins so. @throws with the guest's last words when it ends or takes too long. */
  async line(beginning: string, limitMs = BOOT_LIMIT_MS): Promise<string> {
    const until = performance.now() + limitMs;
    for (;;) {
      const found = this.lines().find((line) => line.startsWith(beginning));
      if (found !== undefined) return found;
      const script = this.lines().includes("script ended");
      if (this.ended || script || performance.now() > until)
        throw new Error(`the guest never said "${beginning}":\n${this.output().slice(-3000)}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** As pulling the plug. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        rmSync(this.folder, { recursive: true, force: true });
        resolve();
      };
      if (this.ended) return done();
      this.process.once("exit", done);
      this.process.kill("SIGKILL");
    });
  }
}
