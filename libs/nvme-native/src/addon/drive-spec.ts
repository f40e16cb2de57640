/** A software drive as the addon is told of it; 0 and "" stand for what was not given. */

export interface NativeFault {
  kind: string;
  hasOpcode: boolean;
  opcode: number;
  afterCommands: number;
  afterWrites: number;
  slba: bigint;
  lbaCount: bigint;
  everyNth: number;
  perBillion: number;
  seed: bigint;
  times: bigint;
  sct: number;
  sc: number;
  ms: number;
  amount: number;
}

export interface NativeModelNamespace {
  bytes: bigint;
  lbaFormat: number;
  /** LBSTM. */
  storageMask: bigint;
  extended: boolean;
  piType: number;
  piFirst: boolean;
  attached: boolean;
  commandSet: number;
  zoneLbas: bigint;
  zoneCapacity: bigint;
  maxOpen: number;
  maxActive: number;
  zoneExtensionBytes: number;
  readOnlyZones: number[];
  offlineZones: number[];
  maxKeyBytes: number;
  maxValueBytes: number;
  maxKeys: number;
  nguid: string;
  eui64: string;
  uuid: string;
  /** Empty: the drive chooses. */
  placementHandles: number[];
}

export interface NativePlacement {
  groups: number;
  groupBits: number;
  unitBytes: bigint;
  timeLimitSeconds: number;
  /** Type of each reclaim unit handle, RUHT. */
  isolation: number[];
}

export interface NativeDriveSpec {
  model: string;
  serial: string;
  firmware: string;
  capacityBytes: bigint;
  namespaces: NativeModelNamespace[];
  maxNamespaces: number;
  formatMs: number;
  weightedRoundRobin: boolean;
  /** Empty: no security commands. */
  opalMsid: string;
  opalPsid: string;
  seed: bigint;
  volatileCache: boolean;
  cacheBytes: number;
  maxQpairs: number;
  maxQueueEntries: number;
  mdtsBytes: number;
  readyMs: number;
  hasLatency: boolean;
  readUs: number;
  writeUs: number;
  flushUs: number;
  jitterPercent: number;
  dies: number;
  steadyWriteUs: number;
  slcBytes: number;
  foldBytesPerSecond: number;
  collectEveryBytes: number;
  collectUs: number;
  ambientC: number;
  throttleC: number;
  degreesPerGib: number;
  coolSeconds: number;
  throttlePercent: number;
  /** Place in LOSS_POLICIES. */
  lossPolicy: number;
  awupfLbas: number;
  awunLbas: number;
  /** Empty: no Flexible Data Placement. */
  placement: NativePlacement[];
  /** -1: switched off. */
  placementEnabled: number;
  faults: NativeFault[];
}
