/** Checks of what an ioworker's generator is told: sizes, alignment, places. */

import type { NativeWorkerOptions } from "../addon/worker";
import { big, integer, object, refuse, U32 } from "../check";
import type { NamespaceIdentity } from "../controller/identity";
import type { IoWorkerOptions, SizeRange } from "./options";

const MAX_LBAS_PER_COMMAND = 65_536;
const MAX_SIZES = 256;
const MAX_SIZES_OF_RANGE = 65_536;
const MAX_WEIGHT = 10_000;
const SECTIONS = 100;
const DISTRIBUTION_TOTAL = 10_000;

type NamedSize = { name: string; bytes: number; weight: number };

function rangeOf(given: SizeRange, lbaBytes: number): NamedSize[] {
  const o = object<SizeRange>("sizeBytes", given, ["fromBytes", "toBytes", "stepBytes"]);
  const from = integer("sizeBytes.fromBytes", o.fromBytes, lbaBytes, U32);
  const to = integer("sizeBytes.toBytes", o.toBytes, from, U32);
  const step = integer("sizeBytes.stepBytes", o.stepBytes ?? lbaBytes, lbaBytes, U32);
  const count = Math.floor((to - from) / step) + 1;
  if (count > MAX_SIZES_OF_RANGE) refuse(`sizeBytes is a range of ${count} sizes, it may have ${MAX_SIZES_OF_RANGE}`);
  return Array.from({ length: count }, (_, i) => ({ name: "sizeBytes", bytes: from + i * step, weight: 1 }));
}

function sizesOf(given: NonNullable<IoWorkerOptions["sizeBytes"]>, lbaBytes: number): NamedSize[] {
  if (!Array.isArray(given)) {
    if (given !== null && typeof given === "object") return rangeOf(given, lbaBytes);
    return [{ name: "sizeBytes", bytes: given, weight: 1 }];
  }
  if (given.length === 0 || given.length > MAX_SIZES)
    refuse(`sizeBytes has ${given.length} sizes, it must have 1 to ${MAX_SIZES}`);
  return given.map((entry, i) => {
    if (typeof entry === "number") return { name: `sizeBytes[${i}]`, bytes: entry, weight: 1 };
    const o = object<typeof entry>(`sizeBytes[${i}]`, entry, ["bytes", "weight"]);
    return {
      name: `sizeBytes[${i}].bytes`,
      bytes: o.bytes,
      weight: integer(`sizeBytes[${i}].weight`, o.weight, 1, MAX_WEIGHT),
    };
  });
}

export function checkSizes(
  options: Pick<IoWorkerOptions, "sizeBytes" | "alignLbas">,
  ns: NamespaceIdentity,
  maxBytes: number,
  regionLbas: bigint,
): Pick<NativeWorkerOptions, "sizes" | "alignLbas"> {
  const most = Math.min(maxBytes, MAX_LBAS_PER_COMMAND * ns.lbaBytes);
  const sizes: NativeWorkerOptions["sizes"] = sizesOf(
    options.sizeBytes as NonNullable<IoWorkerOptions["sizeBytes"]>,
    ns.lbaBytes,
  ).map(({ name, bytes, weight }) => {
    integer(name, bytes, ns.lbaBytes, most);
    if (bytes % ns.lbaBytes !== 0) refuse(`${name} is ${bytes}, it must be a multiple of the LBA size, ${ns.lbaBytes}`);
    const lbas = bytes / ns.lbaBytes;
    if (BigInt(lbas) > regionLbas) refuse(`${name} is ${bytes}, it must fit into the region of ${regionLbas} LBAs`);
    return { lbas, weight };
  });
  const align = options.alignLbas;
  if (!Array.isArray(align)) {
    return { sizes, alignLbas: align === undefined || align === null ? 0 : integer("alignLbas", align, 1, U32) };
  }
  if (align.length !== sizes.length)
    refuse(`alignLbas has ${align.length} entries, it must have one for each of the ${sizes.length} sizes`);
  return {
    sizes: sizes.map((size, i) => ({ ...size, alignLbas: integer(`alignLbas[${i}]`, align[i], 1, U32) })),
    alignLbas: 0,
  };
}

export function checkPlaces(
  o: IoWorkerOptions,
  regionStartLba: bigint,
  regionLbas: bigint,
  largest: number,
): Pick<NativeWorkerOptions, "randomPercent" | "stepLbas" | "startLba" | "distribution"> {
  const randomPercent = integer("randomPercent", o.randomPercent, 0, 100);
  const most = regionLbas < BigInt(Number.MAX_SAFE_INTEGER) ? Number(regionLbas) : Number.MAX_SAFE_INTEGER;
  const stepLbas =
    o.stepLbas === undefined || o.stepLbas === null ? null : integer("stepLbas", o.stepLbas, -most, most);
  if (stepLbas !== null && randomPercent === 100)
    refuse(`stepLbas is ${stepLbas}, it needs sequential commands, and randomPercent is 100`);
  const startLba =
    o.startLba === undefined || o.startLba === null
      ? null
      : big("startLba", o.startLba, regionStartLba, regionStartLba + regionLbas - 1n);
  if (startLba !== null && randomPercent === 100)
    refuse(`startLba is ${startLba}, it needs sequential commands, and randomPercent is 100`);
  const end = regionStartLba + regionLbas;
  if (startLba !== null && stepLbas !== null && stepLbas < 0 && startLba + BigInt(largest) > end)
    refuse(
      `startLba is ${startLba}n, with a step below 0 the largest command must fit between it and the region's end, ${end}`,
    );
  const distribution = checkDistribution(o.distribution, randomPercent, regionLbas);
  return { randomPercent, stepLbas, startLba, distribution };
}

function checkDistribution(given: number[] | null | undefined, randomPercent: number, regionLbas: bigint): number[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given) || given.length !== SECTIONS)
    refuse(`distribution must be an array of ${SECTIONS} integers`);
  given.forEach((share, i) => {
    integer(`distribution[${i}]`, share, 0, DISTRIBUTION_TOTAL);
  });
  const sum = given.reduce((n, share) => n + share, 0);
  if (sum !== DISTRIBUTION_TOTAL) refuse(`distribution adds up to ${sum}, it must add up to ${DISTRIBUTION_TOTAL}`);
  if (randomPercent !== 100) refuse(`distribution needs randomPercent 100, it is ${randomPercent}`);
  if (regionLbas < BigInt(SECTIONS))
    refuse(`distribution needs a region of at least ${SECTIONS} LBAs, it has ${regionLbas}`);
  return given;
}
