import { addon, type NativeLimits, type NativePhases, type NativeRenewal, settle } from "../addon/addon";
import type { NativeHandle } from "../addon/command";
import { AdminCommands } from "../admin/admin-commands";
import { type AdminCall, fours } from "../admin/call";
import { type GetFeatureOptions, getFeatureCall, type SetFeatureOptions, setFeatureCall } from "../admin/features";
import { formatCall } from "../admin/format";
import { identifyCall } from "../admin/identify";
import { type LogPageOptions, logPageCall } from "../admin/log-page";
import { Buffer, type BufferOptions, type CommandData, carried, MAX_BUFFER_BYTES, viewOf } from "../buffer/buffer";
import { flag, integer, object, oneOf, refuse } from "../check";
import type { ControllerAccess } from "../command/access";
import { checkCommand } from "../command/command";
import type { CommandSet } from "../command/command-names";
import type { Completion, RawCommand } from "../command/completion";
import { InFlight } from "../command/in-flight";
import { type RecordedCommand, recordedCommands } from "../command/recorded-commands";
import { statusText, succeeded } from "../command/status";
import type { Controller, Initialise } from "../contract/controller";
import type { KeyValueNamespace } from "../contract/key-value-namespace";
import type { Namespace } from "../contract/namespace";
import type { LatestCommand, Qpair, QpairOptions } from "../contract/qpair";
import { openKeyValueNamespace, refuseKeysAndValues } from "../key-value/open";
import { DISABLE_NORMAL, WRITE_ATOMICITY } from "../namespace/atomicity";
import { setExtendedFormats } from "../namespace/extended-formats";
import type { FormatOptions } from "../namespace/io-options";
import { OpenNamespaces } from "../namespace/open-namespaces";
import { NvmeError } from "../nvme-error";
import type { TransportAddress } from "../open/address";
import { MAX_TIMEOUT_MS } from "../open/address";
import { renewBy } from "../open/initialise";
import {
  hasExtendedFormats,
  IDENTIFY_BYTES,
  needsExtendedFormats,
  parseActiveList,
  parseController,
  parseNamespace,
  powerCyclesOf,
} from "./identify";
import type { ControllerIdentity } from "./identity";
import { createQpair } from "./qpair";
import { readRegister, writeRegister } from "./register-access";
import { hostFacts, readAll } from "./registers";
import type { BringUpReport, ProtocolViolations, ResetReport } from "./reset-report";

const MAX_NSID = 0xffff_fffe;
const MAX_LOG_BYTES = 16 * 1024 * 1024;
const SMART_BYTES = 512;
const SMART_LOG = 2;

export class NvmeController implements Controller, ControllerAccess {
  readonly commands = new AdminCommands(this);
  #identity: ControllerIdentity | null = null;
  #closed = false;
  /** A namespace with an extended LBA format was opened: after each reset the drive must be told anew. */
  #usesExtendedFormats = false;
  readonly #commands = new InFlight();
  readonly #namespaces = new OpenNamespaces(this);
  readonly #keyValueNsids = new Set<number>();

  constructor(
    readonly address: TransportAddress,
    private readonly native: NativeHandle,
    private readonly limits: NativeLimits,
    private timeout: number,
    readonly bringUp: BringUpReport,
    private readonly initialise: Initialise | null,
  ) {}

  get identity(): ControllerIdentity {
    if (this.#identity === null) throw new NvmeError("ERR_OPEN", "the controller was not identified yet");
    return this.#identity;
  }

  get mdts(): number {
    return this.identity.mdtsBytes;
  }

  get timeoutMs(): number {
    return this.timeout;
  }

  get latest(): LatestCommand | null {
    return this.#commands.latest;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws ERR_CLOSED */
  use(): NativeHandle {
    if (this.#closed) throw new NvmeError("ERR_CLOSED", "the controller is closed");
    return this.native;
  }

  async setTimeoutMs(timeoutMs: number): Promise<void> {
    integer("timeoutMs", timeoutMs, 1, MAX_TIMEOUT_MS);
    await settle(addon().setTimeout(this.use(), timeoutMs));
    this.timeout = timeoutMs;
  }

  async identify(): Promise<ControllerIdentity> {
    const { completion, data } = await this.identifyRaw(1);
    if (!succeeded(completion))
      throw new NvmeError("ERR_OPEN", `Identify Controller ended with ${statusText(completion)}`);
    this.#identity = parseController(
      data,
      await hostFacts((offset, size) => this.readRegister(offset, size), this.limits),
    );
    return this.#identity;
  }

  async activeNamespaces(): Promise<number[]> {
    const { completion, data } = await this.identifyRaw(2, 0);
    if (!succeeded(completion))
      throw new NvmeError("ERR_OPEN", `the namespace list ended with ${statusText(completion)}`);
    return parseActiveList(data);
  }

  async namespace(nsid: number, options: { apart?: boolean } = {}): Promise<Namespace> {
    integer("nsid", nsid, 1, MAX_NSID);
    const { apart } = object<typeof options>("options", options, ["apart"]);
    flag("apart", apart ?? false);
    await refuseKeysAndValues(this, nsid);
    const page = await this.#namespacePage(nsid);
    const nvmPage = await this.#nvmPage(nsid);
    let seen = page;
    if (nvmPage !== null && needsExtendedFormats(page, nvmPage)) {
      this.#usesExtendedFormats = true;
      await setExtendedFormats(this, true);
      // A host that knows more sees more formats.
      seen = await this.#namespacePage(nsid);
    }
    this.#keyValueNsids.delete(nsid);
    return this.#namespaces.open(parseNamespace(nsid, seen, this.identity.raw, nvmPage), apart === true);
  }

  async #namespacePage(nsid: number): Promise<Uint8Array> {
    const { completion, data } = await this.identifyRaw(0, nsid);
    if (!succeeded(completion))
      throw new NvmeError("ERR_OPEN", `Identify Namespace ${nsid} ended with ${statusText(completion)}`);
    return data;
  }

  /** Identify Namespace of the NVM command set, of a drive that has extended LBA formats. */
  async #nvmPage(nsid: number): Promise<Uint8Array | null> {
    if (!hasExtendedFormats(this.identity.raw)) return null;
    const { completion, data } = await this.identifyRaw(5, nsid);
    return succeeded(completion) ? data : null;
  }

  async keyValueNamespace(nsid: number): Promise<KeyValueNamespace> {
    const namespace = await openKeyValueNamespace(this, integer("nsid", nsid, 1, MAX_NSID));
    this.#keyValueNsids.add(nsid);
    return namespace;
  }

  get keyValueNsids(): readonly number[] {
    return [...this.#keyValueNsids];
  }

  createBuffer(length: number, options: BufferOptions = {}): Buffer {
    integer("length", length, 1, MAX_BUFFER_BYTES);
    object<BufferOptions>("options", options, ["name", "pattern"]);
    const pinned = addon().createBuffer(this.use(), length);
    if (pinned === null) refuse(`length is ${length}, and the host has not so much memory left for the drive`);
    return new Buffer(length, options, { ...pinned, owner: this });
  }

  async readRegister(offset: number, size: 4 | 8): Promise<bigint> {
    return readRegister(this.use(), this.limits, offset, size);
  }

  async writeRegister(offset: number, value: bigint, size: 4 | 8): Promise<void> {
    return writeRegister(this.use(), this.limits, offset, value, size);
  }

  async registers(): Promise<Record<string, bigint | null>> {
    return readAll((offset, size) => this.readRegister(offset, size));
  }

  async admin(command: RawCommand, data?: CommandData, direction?: "from-device" | "to-device"): Promise<Completion> {
    if (data !== undefined && direction === undefined)
      refuse("direction is undefined, data needs from-device or to-device");
    if (direction !== undefined) oneOf("direction", direction, ["from-device", "to-device"]);
    return this.#send({ command, data, direction });
  }

  async #send({ command, data, direction }: AdminCall, timeoutMs = 0): Promise<Completion> {
    const checked = checkCommand("command", command, 0);
    const carries = data === undefined ? null : carried("data", data, this, 4, this.limits.maxTransferBytes).data;
    const way = carries === null ? "none" : direction!;
    const send = () => settle(addon().admin(this.use(), checked, carries, way, timeoutMs));
    const view = data === undefined ? null : viewOf("data", data, 0, Number.MAX_SAFE_INTEGER);
    return this.#commands.during(this.#namespaces.around(checked, view, send));
  }

  async identifyRaw(cns: number, nsid = 0, cntid = 0, csi = 0): Promise<{ completion: Completion; data: Uint8Array }> {
    const data = new Uint8Array(IDENTIFY_BYTES);
    return { completion: await this.#send(identifyCall(data, { cns, nsid, cntid, csi })), data };
  }

  async getFeature(fid: number, options?: GetFeatureOptions): Promise<Completion> {
    return this.#send(getFeatureCall(fid, options));
  }

  async setFeature(fid: number, cdw11: number, options?: SetFeatureOptions): Promise<Completion> {
    return this.#send(setFeatureCall(fid, cdw11, options));
  }

  async getLogPage(
    lid: number,
    to: number | CommandData,
    options: LogPageOptions = {},
  ): Promise<{ completion: Completion; data: Uint8Array }> {
    const limit = Math.min(MAX_LOG_BYTES, this.limits.maxTransferBytes);
    const target = typeof to === "object" ? to : new Uint8Array(fours("bytes", integer("bytes", to, 4, limit)));
    const completion = await this.#send(logPageCall(lid, target, options, limit));
    return { completion, data: viewOf("data", target, 4, limit) };
  }

  async format(nsid: number, options: FormatOptions): Promise<Completion> {
    const { timeoutMs, ...call } = formatCall(nsid, options);
    return this.#send(call, timeoutMs);
  }

  supports(opcode: number, set?: CommandSet): Promise<boolean> {
    return this.commands.supports(opcode, set);
  }

  cmdlog(count = 0): RecordedCommand[] {
    return recordedCommands(addon().adminCmdlog(this.native), count);
  }

  async outstanding(): Promise<RecordedCommand[]> {
    return this.#commands.outstanding(() => addon().adminCmdlog(this.native));
  }

  async #renew(restart: boolean): Promise<NativeRenewal> {
    const byScript = this.initialise !== null;
    const renewal = await (byScript
      ? renewBy(this.initialise, this, restart)
      : settle(addon().renew(this.use(), restart)));
    if (renewal.ok && this.#usesExtendedFormats) await setExtendedFormats(this, true);
    return renewal;
  }

  async reset(): Promise<ResetReport> {
    const renewal = await this.#renew(false);
    if (renewal.ok) await this.#namespaces.askNormalUnit();
    return report(renewal);
  }

  async reopen(options: { admit?: () => Promise<void> } = {}): Promise<ResetReport> {
    const { admit } = object<typeof options>("options", options, ["admit"]);
    if (admit !== undefined && typeof admit !== "function") refuse("options.admit must be a function");
    const renewal = await this.#renew(true);
    if (!renewal.ok)
      throw new NvmeError(
        renewal.code === "OK" ? "ERR_OPEN" : renewal.code,
        renewal.reason ?? "the drive did not come up",
      );
    await admit?.();
    this.#namespaces.powerCameBack(await this.powerCycles());
    await this.#namespaces.askNormalUnit();
    return report(renewal);
  }

  /** SMART power cycles, or 0 where the drive has no such log. */
  async powerCycles(): Promise<bigint> {
    const { completion, data } = await this.getLogPage(SMART_LOG, SMART_BYTES);
    return succeeded(completion) ? powerCyclesOf(data) : 0n;
  }

  async normalUnitDisabled(): Promise<boolean> {
    const completion = await this.getFeature(WRITE_ATOMICITY);
    return succeeded(completion) && (completion.cdw0 & DISABLE_NORMAL) !== 0;
  }

  async createQpair(options: QpairOptions): Promise<Qpair> {
    return createQpair(this, options, this.limits.maxQueueEntries);
  }

  violations(): ProtocolViolations | null {
    return addon().violations(this.use());
  }

  async close(): Promise<void> {
    const handle = this.use();
    this.#closed = true;
    try {
      await settle(addon().close(handle));
    } catch (reason) {
      // Frozen: it is still open.
      this.#closed = false;
      throw reason;
    }
    await this.#namespaces.close();
  }
}

export function bringUpReport({ readyMs, disableMs, enableMs }: NativePhases): BringUpReport {
  return { readyMs, disableMs: enableMs === 0 ? null : disableMs, enableMs: enableMs === 0 ? null : enableMs };
}

function report(renewal: NativeRenewal): ResetReport {
  const { ok, reason, settled } = renewal;
  return { ok, reason, settled, ...bringUpReport(renewal) };
}
