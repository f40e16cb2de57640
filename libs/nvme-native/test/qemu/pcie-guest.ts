/**
 * The guest of the PCIe host: two NVMe drives of QEMU behind root ports of their own, bound to vfio-pci behind an IOMMU,
 * and in-guest.ts that shows behaviours on them. The second drive can be pulled (hot-plug.ts).
 */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { driver } from "../../src";
import { temporaryFolder } from "../bench-drive";
import { FUNCTIONS, HOT_CAPACITY_MIB, HOT_PROPERTIES, MONITOR_ADDRESS, MONITOR_SLOT, PORT_SLOTS } from "./drives";
import { Guest, whyNoGuest } from "./guest";
import { nodeFiles, PLACE } from "./node-files";
import type { GuestAnswer, GuestRequest, Numbered } from "./requests";

const MODULES = ["vfio_iommu_type1", "vfio-pci", "uio_pci_generic"];
const MIB = 1 << 20;
const MEMORY_MIB = 3072;
/** Of 2 MiB: what the environment takes when that much is free. */
const HUGEPAGES = 256;
/** Above the limit of the request itself, for an answer on its way. */
const ANSWER_GRACE_MS = 60_000;
/** Node starts slowly in an emulated machine. */
const START_LIMIT_MS = 120_000;
const LAST_WORDS = 3000;

/** nsid -> properties of QEMU's nvme-ns. */
const NAMESPACES: [number, string][] = [
  [1, ""],
  [2, ",logical_block_size=4096,physical_block_size=4096"],
  [3, ",ms=8,mset=0,pi=1"],
  [
    4,
    ",logical_block_size=4096,physical_block_size=4096,zoned=true,zoned.zone_size=1M,zoned.max_open=2,zoned.max_active=3",
  ],
  [5, ",detached=true"],
];

/** Why this machine cannot show PCIe; null when it can. */
export function whyNoPcie(modules: string[] = []): string | null {
  if (!driver.info().transports.includes("spdk-pcie")) return "the addon was built without SPDK";
  return whyNoGuest([...MODULES, ...modules]);
}

function drives(folder: string): string[] {
  const file = (name: string, mib: number) => {
    const path = join(folder, name);
    writeFileSync(path, "");
    truncateSync(path, mib * MIB);
    return path;
  };
  const disk = (id: string, mib: number) => ["-drive", `if=none,id=${id},format=raw,file=${file(id, mib)}`];
  const port = (number: number) => [
    "-device",
    `pcie-root-port,id=port${number},chassis=${number + 1},addr=${PORT_SLOTS[number]}`,
  ];
  return [
    // A namespace can only be detached in a subsystem.
    ...["-device", "nvme-subsys,id=subsystem"],
    ...[
      ...port(0),
      "-device",
      "nvme,id=nvme0,bus=port0,subsys=subsystem,serial=ASSAYPCIE0001,msix_qsize=17,max_ioqpairs=16",
    ],
    ...NAMESPACES.flatMap(([nsid, more]) => [
      ...disk(`disk${nsid}`, nsid === 1 ? 64 : 8),
      ...["-device", `nvme-ns,drive=disk${nsid},bus=nvme0,nsid=${nsid}${more}`],
    ]),
    // What -drive makes may go with its device; this stays when the device is pulled.
    ...["-blockdev", `driver=raw,node-name=second,file.driver=file,file.filename=${file("second", HOT_CAPACITY_MIB)}`],
    ...[...port(1), "-device", HOT_PROPERTIES],
  ];
}

/** QEMU's monitor at the end of a serial line of the guest: the one connects to the other. */
function monitor(folder: string): string[] {
  const path = join(folder, "monitor");
  return [
    ...["-chardev", `socket,id=monitor,path=${path},server=on,wait=off`, "-mon", "chardev=monitor,mode=readline"],
    ...["-chardev", `socket,id=to-monitor,path=${path}`],
    ...["-device", `pci-serial,chardev=to-monitor,addr=${MONITOR_SLOT}`],
  ];
}

export interface PcieGuestOptions {
  /** Kernel modules beside those that hold the functions. */
  modules?: string[];
  /** Files and folders of this machine by their place in the guest. */
  files?: Record<string, string>;
  /** Folders of the repository with TypeScript beside the driver's own; they lie in the guest as here. */
  sources?: string[];
}

const SCRIPT = `
mkdir -p /dev/hugepages /dev/shm /run /var/tmp && ln -s /run /var/run
mount -t hugetlbfs none /dev/hugepages; mount -t tmpfs none /dev/shm
echo ${HUGEPAGES} > /proc/sys/vm/nr_hugepages
for function in ${FUNCTIONS.join(" ")}; do
  device=/sys/bus/pci/devices/$function
  echo vfio-pci > $device/driver_override
  [ -e $device/driver ] && echo $function > $device/driver/unbind
  echo $function > /sys/bus/pci/drivers_probe
  echo "ASSAY $function $(basename $(readlink $device/driver))"
done
stty -F /dev/ttyS1 raw -echo
stty -F /dev/$(ls /sys/bus/pci/devices/${MONITOR_ADDRESS}/tty) raw -echo
${process.execPath} ${PLACE}/test/qemu/in-guest.js ${FUNCTIONS.join(" ")} < /dev/ttyS1 > /dev/ttyS1 2> /dev/ttyS0
echo "{\\"failed\\":\\"Node ended with $?\\"}" > /dev/ttyS1`;

function lacking(first: GuestAnswer): string | null {
  if (!("failed" in first)) return null;
  if (first.failed.includes("(SIGILL)"))
    return "SPDK was built for the CPU of this machine and dies of an illegal instruction in QEMU (configure it with --target-arch=x86-64-v2)";
  throw new Error(first.failed);
}

export class PcieGuest {
  /** Why nothing can be shown here although the guest runs; null when all is well. */
  lacks: string | null = null;
  readonly #folder: string;
  readonly #guest: Guest;
  /** Of the newest request; 0 before the first. */
  #number = 0;
  #answer: (answer: GuestAnswer) => void = () => {};

  private constructor(folder: string, guest: Guest) {
    this.#folder = folder;
    this.#guest = guest;
    guest.received(
      (line) => {
        const { number, ...answer } = JSON.parse(line) as GuestAnswer & Partial<Numbered>;
        // What has none is told by the script when Node has ended.
        if ((number ?? this.#number) === this.#number) this.#answer(answer);
      },
      () => this.#answer({ failed: "the guest ended" }),
    );
  }

  /** Booted, both functions bound, ready to be asked. */
  static async start({ modules = [], files = {}, sources = [] }: PcieGuestOptions = {}): Promise<PcieGuest> {
    const folder = temporaryFolder();
    const compiled = join(folder, "compiled");
    mkdirSync(compiled);
    const guest = Guest.start({
      modules: [...MODULES, ...modules],
      script: SCRIPT,
      files: { ...nodeFiles(compiled, ["expect"], sources), ...files },
      memoryMib: MEMORY_MIB,
      // `pt`: what uio holds sees memory as it is; vfio-pci makes a domain of its own.
      kernel: "intel_iommu=on iommu=pt",
      // Slots of PCI Express and not of ACPI: the kernel sees presence and link, and a hot reset waits for both.
      qemu: [
        "-global",
        "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
        "-device",
        "intel-iommu,intremap=on,caching-mode=on,aw-bits=48",
        "-smp",
        "2",
        ...drives(folder),
        ...monitor(folder),
      ],
    });
    const started = new PcieGuest(folder, guest);
    const ready = started.#heard(START_LIMIT_MS);
    ready.catch(() => {});
    try {
      for (const address of FUNCTIONS) {
        const line = await guest.line(`${address} `);
        if (line !== `${address} vfio-pci`) throw new Error(`vfio-pci did not take ${line}`);
      }
      started.lacks = lacking(await ready) ?? lacking(await started.ask({ key: "open", limitMs: START_LIMIT_MS }));
    } catch (reason) {
      const words = guest.output().slice(-LAST_WORDS);
      await started.stop();
      throw new Error(`${(reason as Error).message}\n${words}`);
    }
    return started;
  }

  /** What QEMU died of while nobody ended it; null while it lives. */
  get died(): NodeJS.Signals | null {
    return this.#guest.signal;
  }

  /** One at a time. @throws with the guest's last words when no answer comes */
  async ask(request: GuestRequest): Promise<GuestAnswer> {
    if (this.#guest.ended) return { failed: "the guest has ended" };
    const number = ++this.#number;
    const answer = this.#heard(request.limitMs + ANSWER_GRACE_MS);
    this.#guest.send(JSON.stringify({ ...request, number }));
    return answer;
  }

  /** The next answer. */
  #heard(limitMs: number): Promise<GuestAnswer> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`the guest did not answer:\n${this.#guest.output().slice(-LAST_WORDS)}`)),
        limitMs,
      );
      this.#answer = (answer) => {
        clearTimeout(late);
        resolve(answer);
      };
    });
  }

  /** Gives the first function to another driver of the kernel. */
  async bind(driver: "vfio-pci" | "uio_pci_generic"): Promise<void> {
    const answer = await this.ask({ bind: driver, limitMs: START_LIMIT_MS });
    if ("failed" in answer) throw new Error(answer.failed);
  }

  output(): string {
    return this.#guest.output();
  }

  async stop(): Promise<void> {
    await this.#guest.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
