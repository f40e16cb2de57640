/** Namespaces of a software drive: what a script asks for, checked, as native/model wants it. */

import type { NativeModelNamespace } from "../addon/drive-spec";
import { big, flag, having, integer, object, oneOf, refuse, show, U32, U64 } from "../check";
import { KEY_VALUE_COMMAND_SET, MAX_KEY_BYTES } from "../key-value/commands";
import { findLbaFormat } from "../namespace/lba-format";
import { GUARD_BITS } from "../namespace/protection-tuple";
import { checkPlacementHandles } from "./fdp";
import type { ModelDriveSpec, ModelKeyValue, ModelKeyValueNamespaceSpec, ModelNamespaceSpec, ModelZones } from "./spec";

const MAX_NAMESPACES = 32;
const DEFAULT_MAX_NAMESPACES = 4;
const MAX_ZONES = 1024;
const GRANULARITY = 4096n;
const ZONED_COMMAND_SET = 2;
const MAX_VALUE_BYTES = 1 << 20;
const MAX_KEY_VALUE_CAPACITY = 64n << 30n;
/** native/model/media/lba_formats.h */
const LBA_FORMATS = (
  [
    [512, 0, 16, 0],
    [4096, 0, 16, 0],
    [512, 8, 16, 0],
    [4096, 8, 16, 0],
    [4096, 64, 16, 0],
    [4096, 16, 16, 0],
    [4096, 16, 64, 0],
    [4096, 64, 64, 0],
    [512, 8, 16, 16],
    [4096, 8, 16, 32],
    [4096, 16, 32, 16],
    [4096, 16, 32, 32],
    [4096, 16, 32, 64],
    [4096, 64, 32, 37],
    [4096, 16, 64, 18],
    [4096, 16, 64, 48],
    [4096, 64, 64, 16],
    [4096, 64, 16, 12],
  ] as const
).map(([lbaBytes, metadataBytes, guardBits, storageTagBits]) => ({
  lbaBytes,
  metadataBytes,
  guardBits,
  storageTagBits,
}));
const KEYS = ["capacityBytes", "attached", "nguid", "eui64", "uuid"];
const BLOCK_KEYS = [
  ...KEYS,
  "lbaBytes",
  "metadataBytes",
  "extendedLba",
  "protection",
  "protectionFirst",
  "guardBits",
  "storageTagBits",
  "storageMask",
  "zoned",
  "placementHandles",
];
const VALUE_KEYS = ["maxKeyBytes", "maxValueBytes", "maxKeys"];
/** ZDES counts 64 bytes; as many as native/model/media/namespace_record.h keeps. */
const ZONE_EXTENSIONS = [0, 64, 128, 192, 256];
const ZONE_KEYS = ["zoneBytes", "zoneCapacityBytes", "maxOpen", "maxActive", "extensionBytes", "readOnly", "offline"];
const PLAIN = {
  commandSet: 0,
  zoneLbas: 0n,
  zoneCapacity: 0n,
  maxOpen: 0,
  maxActive: 0,
  zoneExtensionBytes: 0,
  readOnlyZones: [],
  offlineZones: [],
  maxKeyBytes: 0,
  maxValueBytes: 0,
  maxKeys: 0,
};

function hex(name: string, value: string | undefined, digits: number): string {
  if (value === undefined) return "";
  if (typeof value !== "string" || !new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(value)) {
    refuse(`${name} is ${show(value)}, it must have ${digits} hex digits`);
  }
  return value;
}

function checkZones(name: string, given: ModelZones, bytes: bigint, lbaBytes: number) {
  const o = object<ModelZones>(name, given, ZONE_KEYS);
  const lba = BigInt(lbaBytes);
  const zoneBytes = big(`${name}.zoneBytes`, o.zoneBytes, lba, bytes);
  const capacity = big(`${name}.zoneCapacityBytes`, o.zoneCapacityBytes ?? zoneBytes, lba, zoneBytes);
  for (const [key, value] of [
    ["zoneBytes", zoneBytes],
    ["zoneCapacityBytes", capacity],
  ] as const) {
    if (value % GRANULARITY !== 0n) refuse(`${name}.${key} is ${value}, it must be a multiple of ${GRANULARITY}`);
  }
  const zones = Number(bytes / zoneBytes);
  if (zones > MAX_ZONES) refuse(`${name}.zoneBytes is ${zoneBytes}, that makes ${zones} zones, more than ${MAX_ZONES}`);
  const indexes = (key: "readOnly" | "offline") => {
    const list = o[key] ?? [];
    if (!Array.isArray(list)) refuse(`${name}.${key} must be an array of zone indexes`);
    return list.map((index, i) => integer(`${name}.${key}[${i}]`, index, 0, zones - 1));
  };
  return {
    ...PLAIN,
    commandSet: ZONED_COMMAND_SET,
    zoneLbas: zoneBytes / lba,
    zoneCapacity: capacity / lba,
    maxOpen: integer(`${name}.maxOpen`, o.maxOpen ?? 8, 0, MAX_ZONES),
    maxActive: integer(`${name}.maxActive`, o.maxActive ?? 12, 0, MAX_ZONES),
    zoneExtensionBytes: oneOf(`${name}.extensionBytes`, o.extensionBytes ?? 0, ZONE_EXTENSIONS),
    readOnlyZones: indexes("readOnly"),
    offlineZones: indexes("offline"),
  };
}

type Given = ModelNamespaceSpec | ModelKeyValueNamespaceSpec;

/** What all namespaces have. */
function checkPlace(name: string, o: Given, capacity: bigint) {
  const bytes = big(`${name}.capacityBytes`, o.capacityBytes, GRANULARITY, capacity);
  if (bytes % GRANULARITY !== 0n) refuse(`${name}.capacityBytes is ${bytes}, it must be a multiple of ${GRANULARITY}`);
  return {
    bytes,
    attached: flag(`${name}.attached`, o.attached ?? true),
    nguid: hex(`${name}.nguid`, o.nguid, 32),
    eui64: hex(`${name}.eui64`, o.eui64, 16),
    uuid: hex(`${name}.uuid`, o.uuid, 32),
  };
}

function checkValues(name: string, given: ModelKeyValue) {
  const o = object<ModelKeyValue>(name, given, VALUE_KEYS);
  return {
    ...PLAIN,
    commandSet: KEY_VALUE_COMMAND_SET,
    maxKeyBytes: integer(`${name}.maxKeyBytes`, o.maxKeyBytes ?? MAX_KEY_BYTES, 1, MAX_KEY_BYTES),
    maxValueBytes: integer(`${name}.maxValueBytes`, o.maxValueBytes ?? MAX_VALUE_BYTES, 1, MAX_VALUE_BYTES),
    maxKeys: integer(`${name}.maxKeys`, o.maxKeys ?? 0, 0, U32),
  };
}

function checkKeyValueNamespace(
  name: string,
  given: ModelKeyValueNamespaceSpec,
  capacity: bigint,
): NativeModelNamespace {
  const o = object<ModelKeyValueNamespaceSpec>(name, given, [...KEYS, "keyValue"]);
  const most = capacity < MAX_KEY_VALUE_CAPACITY ? capacity : MAX_KEY_VALUE_CAPACITY;
  return {
    ...checkPlace(name, o, most),
    ...checkValues(`${name}.keyValue`, o.keyValue),
    lbaFormat: 0,
    storageMask: 0n,
    extended: false,
    piType: 0,
    piFirst: false,
    placementHandles: [],
  };
}

function checkNamespace(name: string, given: Given, capacity: bigint): NativeModelNamespace {
  having(name, given, []);
  return "keyValue" in given
    ? checkKeyValueNamespace(name, given, capacity)
    : checkBlockNamespace(name, given, capacity);
}

function checkBlockNamespace(name: string, given: ModelNamespaceSpec, capacity: bigint): NativeModelNamespace {
  const o = object<ModelNamespaceSpec>(name, given, BLOCK_KEYS);
  const place = checkPlace(name, o, capacity);
  const lbaBytes = oneOf(`${name}.lbaBytes`, o.lbaBytes, [512, 4096]);
  const metadataBytes = oneOf(`${name}.metadataBytes`, o.metadataBytes ?? 0, [0, 8, 16, 64]);
  const guardBits = oneOf(`${name}.guardBits`, o.guardBits ?? 16, GUARD_BITS);
  const storageTagBits = integer(`${name}.storageTagBits`, o.storageTagBits ?? (guardBits === 32 ? 16 : 0), 0, 64);
  const lbaFormat = findLbaFormat({ lbaFormats: LBA_FORMATS }, lbaBytes, metadataBytes, { guardBits, storageTagBits });
  if (lbaFormat === null)
    refuse(
      `${name}: the drive has no LBA format of ${lbaBytes} bytes with ${metadataBytes} of metadata, a guard of ${guardBits} bits and a storage tag of ${storageTagBits}`,
    );
  const piType = oneOf(`${name}.protection`, o.protection ?? 0, [0, 1, 2, 3]);
  if (piType !== 0 && metadataBytes === 0)
    refuse(`${name}.protection is ${piType}, it needs metadata of 8 bytes or more`);
  const storageMask = big(`${name}.storageMask`, o.storageMask ?? U64, 0n, U64);
  return {
    ...place,
    lbaFormat,
    storageMask,
    extended: flag(`${name}.extendedLba`, o.extendedLba ?? false) && metadataBytes > 0,
    piType,
    piFirst: flag(`${name}.protectionFirst`, o.protectionFirst ?? false) && piType !== 0,
    ...(o.zoned === undefined ? PLAIN : checkZones(`${name}.zoned`, o.zoned, place.bytes, lbaBytes)),
    placementHandles: checkPlacementHandles(`${name}.placementHandles`, o.placementHandles),
  };
}

/** `namespaces` and `maxNamespaces`; without the first, one namespace of the whole capacity. */
export function checkNamespaces(
  spec: ModelDriveSpec,
  capacity: bigint,
): { namespaces: NativeModelNamespace[]; maxNamespaces: number } {
  const whole = { capacityBytes: capacity, lbaBytes: oneOf("lbaBytes", spec.lbaBytes, [512, 4096] as const) };
  const given = spec.namespaces ?? [spec.nguid === undefined ? whole : { ...whole, nguid: spec.nguid }];
  if (!Array.isArray(given) || given.length > MAX_NAMESPACES) {
    refuse(`namespaces must be an array of at most ${MAX_NAMESPACES} namespaces`);
  }
  const namespaces = given.map((ns, i) =>
    checkNamespace(spec.namespaces === undefined ? "namespace" : `namespaces[${i}]`, ns, capacity),
  );
  const total = namespaces.reduce((sum, ns) => sum + ns.bytes, 0n);
  if (total > capacity) refuse(`namespaces have ${total} bytes, more than capacityBytes, ${capacity}`);
  const least = Math.max(1, namespaces.length);
  const fallback = Math.max(least, DEFAULT_MAX_NAMESPACES);
  return {
    namespaces,
    maxNamespaces: integer("maxNamespaces", spec.maxNamespaces ?? fallback, least, MAX_NAMESPACES),
  };
}
