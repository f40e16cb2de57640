/** Flexible Data Placement of a software drive: what a script asks for, checked, as native/model/placement wants it. */
import type { NativeDriveSpec, NativeModelNamespace, NativePlacement } from "../addon/drive-spec";
import { big, integer, object, oneOf, refuse, U32 } from "../check";
import type { ModelDriveSpec, ModelFdp, ModelFdpConfiguration } from "./spec";

/** native/model/placement/placement_record.h */
const MAX_CONFIGURATIONS = 4;
const MAX_GROUPS = 16;
const MAX_GROUP_BITS = 8;
const MAX_HANDLES = 32;
const MAX_UNITS = 4095n;
const MAX_CAPACITY = 64n << 30n;
const MIN_UNIT_BYTES = 65_536n;
const UNIT_GRANULARITY = 4096n;
const OVER_PROVISION_PERCENT = 7n;
/** RUHT (NVMe Base 2.1, figure 281). */
const ISOLATION = { "initially-isolated": 1, "persistently-isolated": 2 } as const;
const KEYS = ["reclaimGroups", "reclaimGroupBits", "reclaimUnitHandles", "reclaimUnitBytes", "timeLimitSeconds"];

export function checkPlacementHandles(name: string, given: number[] | undefined): number[] {
  if (given === undefined) return [];
  if (!Array.isArray(given) || given.length > MAX_HANDLES)
    refuse(`${name} must be an array of at most ${MAX_HANDLES} reclaim unit handles`);
  return given.map((handle, i) => integer(`${name}[${i}]`, handle, 0, MAX_HANDLES - 1));
}

/** As many as ReclaimUnitsNeeded of placement_record.h says. */
function unitsNeeded(capacity: bigint, unitBytes: bigint, groups: number, isolation: number[]): bigint {
  const persistent = isolation.filter((type) => type === ISOLATION["persistently-isolated"]).length;
  const media = ((capacity / 100n) * (100n + OVER_PROVISION_PERCENT)) / unitBytes + 1n;
  return media + BigInt(groups * (isolation.length + 1 + persistent)) + 2n;
}

function checkConfiguration(name: string, given: ModelFdpConfiguration, capacity: bigint): NativePlacement {
  const o = object<ModelFdpConfiguration>(name, given, KEYS);
  const groups = integer(`${name}.reclaimGroups`, o.reclaimGroups ?? 1, 1, MAX_GROUPS);
  const least = Math.ceil(Math.log2(groups));
  const groupBits = integer(`${name}.reclaimGroupBits`, o.reclaimGroupBits ?? least, least, MAX_GROUP_BITS);
  const handles = o.reclaimUnitHandles;
  if (!Array.isArray(handles) || handles.length === 0 || handles.length > MAX_HANDLES)
    refuse(`${name}.reclaimUnitHandles must be an array of 1 to ${MAX_HANDLES} types`);
  const types = Object.keys(ISOLATION) as (keyof typeof ISOLATION)[];
  const isolation = handles.map((type, i) => ISOLATION[oneOf(`${name}.reclaimUnitHandles[${i}]`, type, types)]);
  const unitBytes = big(`${name}.reclaimUnitBytes`, o.reclaimUnitBytes, MIN_UNIT_BYTES, capacity);
  if (unitBytes % UNIT_GRANULARITY !== 0n)
    refuse(`${name}.reclaimUnitBytes is ${unitBytes}, it must be a multiple of ${UNIT_GRANULARITY}`);
  const needed = unitsNeeded(capacity, unitBytes, groups, isolation);
  if (needed > MAX_UNITS)
    refuse(`${name}.reclaimUnitBytes is ${unitBytes}, that makes ${needed} reclaim units, more than ${MAX_UNITS}`);
  const timeLimitSeconds = integer(`${name}.timeLimitSeconds`, o.timeLimitSeconds ?? 0, 0, U32);
  return { groups, groupBits, unitBytes, timeLimitSeconds, isolation };
}

/** As Placement::ChooseHandles of native/model/placement: a list of its own, or the one handle that the drive chooses for all others. */
function checkHandlesOf(namespaces: NativeModelNamespace[], { isolation }: NativePlacement): void {
  const named = new Map<number, number>();
  let chosen = -1;
  namespaces.forEach(({ placementHandles, lbaFormat, commandSet }, i) => {
    const name = `namespaces[${i}]`;
    if (commandSet !== 0) refuse(`${name} is of another command set, with fdp.enabled all are of the NVM command set`);
    if (placementHandles.length === 0 && chosen < 0) {
      chosen = isolation.findIndex((_, handle) => !named.has(handle));
      if (chosen < 0)
        refuse(`${name} has no placementHandles, and no reclaim unit handle is left for the drive to choose`);
    }
    const handles = placementHandles.length === 0 ? [chosen] : placementHandles;
    handles.forEach((handle, place) => {
      const which = `${name}.placementHandles[${place}]`;
      integer(which, handle, 0, isolation.length - 1);
      if (handles.indexOf(handle) !== place) refuse(`${which} is ${handle}, which the list has twice`);
      if (placementHandles.length !== 0 && handle === chosen)
        refuse(`${which} is ${handle}, which the drive has chosen for a namespace without placementHandles`);
      if ((named.get(handle) ?? lbaFormat) !== lbaFormat)
        refuse(`${which} is ${handle}, which a namespace of another LBA format has`);
      named.set(handle, lbaFormat);
    });
  });
}

/** `fdp`, and what of the namespaces belongs to it. */
export function checkFdp(
  given: ModelDriveSpec["fdp"] | null,
  capacity: bigint,
  namespaces: NativeModelNamespace[],
): Pick<NativeDriveSpec, "placement" | "placementEnabled"> {
  const handled = namespaces.findIndex(({ placementHandles }) => placementHandles.length !== 0);
  const o =
    given === null || given === undefined ? null : object<ModelFdp>("fdp", given, ["configurations", "enabled"]);
  const enabled = o?.enabled ?? null;
  if (handled >= 0 && enabled === null)
    refuse(`namespaces[${handled}].placementHandles is given, the drive does not begin with fdp.enabled`);
  if (o === null) return { placement: [], placementEnabled: -1 };
  if (capacity > MAX_CAPACITY) refuse(`capacityBytes is ${capacity}, a drive with fdp has at most ${MAX_CAPACITY}`);
  const list = o.configurations;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_CONFIGURATIONS)
    refuse(`fdp.configurations must be an array of 1 to ${MAX_CONFIGURATIONS} configurations`);
  const placement = list.map((each, i) => checkConfiguration(`fdp.configurations[${i}]`, each, capacity));
  if (enabled === null) return { placement, placementEnabled: -1 };
  const index = integer("fdp.enabled", enabled, 0, list.length - 1);
  checkHandlesOf(namespaces, placement[index]!);
  return { placement, placementEnabled: index };
}
