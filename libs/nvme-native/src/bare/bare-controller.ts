import { addon, type NativeLimits, settle } from "../addon/addon";
import type { NativeHandle } from "../addon/command";
import { flag, integer, object } from "../check";
import { readRegister, writeRegister } from "../controller/register-access";
import { ACQ, AQA, ASQ, CC } from "../controller/registers";
import { NvmeError } from "../nvme-error";
import type { OpenOptions, TransportAddress } from "../open/address";
import { checkAddress, checkOpenOptions } from "../open/check-open";
import { BareAdmin } from "./bare-admin";
import { BareDevice } from "./bare-device";
import { waitReady } from "./ready";

/** CC of a controller as this driver runs it: I/O entries of 64 and 16 bytes, NVM command set, 4 KiB pages. */
const USUAL_CC = 0x0046_0000;

/**
 * A controller that nobody brought up: its registers are as power-on or the last owner left them, and nothing is sent to
 * it, at the end neither, but what the script does.
 */
export class BareController extends BareDevice {
  readonly #handle: NativeHandle;
  readonly #close: () => void;

  /** Use `driver.openBare`. */
  constructor(
    readonly address: TransportAddress,
    handle: NativeHandle,
    limits: NativeLimits,
    options: { cmdlogDir?: string | null },
  ) {
    let closed = false;
    const use = () => {
      if (closed) throw new NvmeError("ERR_CLOSED", "the controller is closed");
      return handle;
    };
    super(
      {
        address,
        use,
        readRegister: async (offset: number, bytes: 4 | 8) => readRegister(use(), limits, offset, bytes),
        writeRegister: async (offset: number, value: bigint, bytes: 4 | 8) =>
          writeRegister(use(), limits, offset, value, bytes),
      } as ConstructorParameters<typeof BareDevice>[0],
      options,
    );
    this.#handle = handle;
    this.#close = () => {
      use();
      closed = true;
    };
    this.use = use;
  }

  /** For `Pcie` and friends. */
  readonly use: () => NativeHandle;

  /** Waits until CSTS.RDY is `ready`; ms. @throws ERR_READY after CAP.TO or when CSTS.CFS says that it will not come. */
  async waitReady(ready: boolean): Promise<number> {
    return waitReady(this, flag("ready", ready));
  }

  /** CC.EN 1-0-1 with an admin queue of the script's own; every register write is this script's. */
  async bringUp(options: { adminEntries?: number; cc?: number } = {}): Promise<BareAdmin> {
    const o = object<typeof options>("options", options, ["adminEntries", "cc"]);
    const entries = integer("adminEntries", o.adminEntries ?? 32, 2, 4096);
    const cc = BigInt(integer("cc", o.cc ?? USUAL_CC, 0, 0xffff_ffff));
    await this.writeRegister(CC, 0n, 4);
    await this.waitReady(false);
    const completionQueue = this.completionQueue({ qid: 0, entries });
    const submissionQueue = this.submissionQueue({ qid: 0, entries, completionQueue });
    await this.writeRegister(AQA, BigInt(((entries - 1) << 16) | (entries - 1)), 4);
    await this.writeRegister(ASQ, submissionQueue.memory.physical(), 8);
    await this.writeRegister(ACQ, completionQueue.memory.physical(), 8);
    await this.writeRegister(CC, cc, 4);
    await this.writeRegister(CC, cc | 1n, 4);
    await this.waitReady(true);
    return new BareAdmin(submissionQueue);
  }

  /** Lets the device go as it is: no shutdown notification, no queue deleted. */
  async close(): Promise<void> {
    this.#close();
    await settle(addon().close(this.#handle));
    this.freeAll();
  }
}

/**
 * Takes the drive without a register write: bring-up, queues and commands are the script's. On the software drive,
 * vfio-user and PCIe; over a socket (TCP) there is nothing to work on by hand. A vfio-user server that refuses an access
 * ends the connection for SPDK's client: what follows is ERR_GONE, until it is opened again.
 * @throws NvmeError ERR_OPEN, ERR_LOCKED, ERR_POWER_OFF, ERR_UNSUPPORTED naming the transport and why
 */
export async function openBare(address: TransportAddress, options: OpenOptions = {}): Promise<BareController> {
  const checked = checkAddress(address);
  const native = checkOpenOptions(options);
  const opened = await settle(addon().open(checked, { ...native, bringUp: false, cmdlogDir: "" }));
  return new BareController(address, opened.handle, opened.limits, { cmdlogDir: native.cmdlogDir });
}
