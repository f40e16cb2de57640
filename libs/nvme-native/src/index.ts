/** The NVMe driver: see README.md. The addon is loaded at the first use, not at import. */

import { addon } from "./addon/addon";
import { openBare } from "./bare/bare-controller";
import { big, U64 } from "./check";
import type { DriverInfo, NvmeDriver } from "./contract/driver";
import { createModelDrive, modelFaults, modelPower, modelPowerState } from "./model/drive";
import { open, queues } from "./open/open";

export * from "./admin/admin-commands";
export type { AsyncEvent } from "./admin/async-events";
export type { AdminChannel } from "./admin/channel";
export type { DirectiveOptions } from "./admin/directives";
export { decodeEnduranceGroup, type EnduranceGroup, readEnduranceGroup } from "./admin/endurance-group";
export type { GetFeatureOptions, SetFeatureOptions } from "./admin/features";
export type { CommitOptions, DownloadOptions } from "./admin/firmware";
export type { IdentifyOptions } from "./admin/identify";
export type { LbaStatusOptions } from "./admin/lba-status";
export { decodeLockdown, type LockdownSelection, readLockdown } from "./admin/lockdown";
export type { LogPageOptions } from "./admin/log-page";
export type { MiMessage } from "./admin/management-interface";
export {
  decodePersistentEvents,
  type PersistentEvent,
  type PersistentEventLog,
  readPersistentEvents,
} from "./admin/persistent-events";
export type { CapacityOptions, LockdownOptions, VirtualizationOptions } from "./admin/resources";
export { SANITIZE, type SanitizeOptions } from "./admin/sanitize";
export type { SecurityOptions } from "./admin/security";
export { SELF_TEST } from "./admin/self-test";
export { BareAdmin } from "./bare/bare-admin";
export type { BareController } from "./bare/bare-controller";
export { BareDevice, type QueueOptions } from "./bare/bare-device";
export type { BareCompletionQueue } from "./bare/completion-queue";
export type { DmaMemory } from "./bare/dma-memory";
export { type CompletionEntry, decodeCompletion, encodeSubmission, type SubmissionEntry } from "./bare/entries";
export type { BareSubmissionQueue } from "./bare/submission-queue";
export { Buffer, type BufferOptions, type CommandData } from "./buffer/buffer";
export { hexDump } from "./buffer/dump";
export { field, fieldText } from "./buffer/field";
export { seedAll } from "./buffer/fresh-seeds";
export { type Pattern, randomWords } from "./buffer/pattern";
export { Random } from "./buffer/random";
export { type CommandSet, commandName, statusName } from "./command/command-names";
export type * from "./command/completion";
export { Completions, type Waited } from "./command/completions";
export { expectStatus, StatusExpectationError } from "./command/expect-status";
export { describeCommand, type RecordedCommand, recordedCommands } from "./command/recorded-commands";
export { LOCAL_SCT, LOCAL_STATUS, statusField, statusText, succeeded } from "./command/status";
export type * from "./contract/controller";
export type * from "./contract/driver";
export type * from "./contract/key-value-namespace";
export type * from "./contract/namespace";
export type * from "./contract/qpair";
export { HostMemoryBuffer, type HostMemoryWish, hostMemoryWish } from "./controller/host-memory";
export type * from "./controller/identity";
export type * from "./controller/reset-report";
export { type PowerHooks, Subsystem } from "./controller/subsystem";
export type { StoreOptions, ValueKey } from "./key-value/commands";
export type { KeyValueFormat, KeyValueIdentity } from "./key-value/identity";
export type * from "./model/fault-spec";
export type * from "./model/spec";
export { isExtended, setExtendedFormats } from "./namespace/extended-formats";
export { type GuardBits, guardCrc, guardCrc32, guardCrc64 } from "./namespace/guards";
export type * from "./namespace/io-options";
export { findLbaFormat, formatNamespace, type NewNamespace, namespacePage } from "./namespace/lba-format";
export type * from "./namespace/miscompare";
export {
  guardOf,
  type ProtectionTuple,
  protectionTuple,
  readProtectionTuple,
  type TupleFormat,
} from "./namespace/protection-tuple";
export {
  type AcquireOptions,
  decodeReservationNotification,
  decodeReservations,
  type RegisterOptions,
  type Registrant,
  type ReleaseOptions,
  type ReservationNotification,
  type ReservationReport,
  Reservations,
  type ReservationType,
} from "./namespace/reservations";
export {
  decodeOpenStreams,
  decodeStreamParameters,
  type StreamParameters,
  Streams,
} from "./namespace/streams";
export type { VerifyOptions, VerifyTableOptions } from "./namespace/verification";
export { ZonedNamespace } from "./namespace/zns";
export { ZoneHandle } from "./namespace/zone-handle";
export type { Zone, ZoneFacts, ZoneState } from "./namespace/zone-report";
export * from "./nvme-error";
export * from "./open/address";
export { Tcp, type TcpOptions } from "./open/tcp";
export type { Msix, MsixEntry } from "./pcie/msix";
export { Pcie } from "./pcie/pcie";
export {
  decodeFdpConfigurations,
  decodeFdpEvents,
  decodeFdpStatistics,
  decodeReclaimUnitHandleUsage,
  type FdpConfiguration,
  type FdpEvent,
  type FdpEventType,
  type FdpStatistics,
  type ReclaimUnitHandleUse,
} from "./placement/fdp-logs";
export { type FdpState, FlexibleDataPlacement } from "./placement/flexible-data-placement";
export {
  type IdentifierFormat,
  type PlacementParts,
  placementIdentifier,
  placementParts,
} from "./placement/identifier";
export { decodeReclaimUnitHandles, Placement, type ReclaimUnitHandleStatus } from "./placement/namespace-placement";
export { decodeDiscovery, type TcgDiscovery } from "./tcg/discovery";
export type { TcgAnswer } from "./tcg/exchange";
export { cellsOf, tcgStatusName } from "./tcg/methods";
export { expectTcg, OpalDrive, type OpalPin, type OpalWho, TcgExpectationError } from "./tcg/opal-drive";
export type { OpalRange, OpalRangeOptions, OpalReset } from "./tcg/ranges";
export { type TcgAuthority, TcgSession } from "./tcg/session";
export { TcgMalformedError, type TcgNamed, type TcgValue } from "./tcg/tokens";
export { ioPerSecond, iopsConsistency, latencyPercentiles, type PercentileOptions } from "./worker/figures";
export type { IoWorker } from "./worker/handle";
export type * from "./worker/options";
export type * from "./worker/result";

/** Version of the native code and of what it writes to disk. */
const DRIVER_VERSION = "0.1.0";

/** All there is begins here. */
export const driver: NvmeDriver & { openBare: typeof openBare } = {
  info(): DriverInfo {
    const { spdkVersion, transports } = addon().info();
    return { driverVersion: DRIVER_VERSION, spdkVersion, transports: transports as DriverInfo["transports"] };
  },
  open,
  openBare,
  queues,
  setDeadline(boottimeNs: bigint): void {
    addon().setDeadline(big("boottimeNs", boottimeNs, 0n, U64));
  },
  boottimeNs: () => addon().boottimeNs(),
  createModelDrive,
  modelPower,
  modelPowerState,
  modelFaults,
};
