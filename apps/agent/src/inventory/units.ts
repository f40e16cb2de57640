/** Quantities with units, as people write them in the host file and in the environment. */

const SIZE: Record<string, bigint> = {
  B: 1n,
  kB: 1000n,
  KB: 1000n,
  MB: 1000n ** 2n,
  GB: 1000n ** 3n,
  TB: 1000n ** 4n,
  KiB: 1024n,
  MiB: 1024n ** 2n,
  GiB: 1024n ** 3n,
  TiB: 1024n ** 4n,
};
const DURATION_MS: Record<string, number> = { ms: 1, s: 1000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Bytes of `64MiB`, `512B`; null when it is no size. */
export function parseSize(text: string): bigint | null {
  const match = /^(\d{1,15})\s?([kKMGT]i?B|B)$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : SIZE[match[2]];
  return match?.[1] === undefined || unit === undefined ? null : BigInt(match[1]) * unit;
}

/** Milliseconds of `30s`, `10ms`, `2h`; null when it is no duration. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s?(ms|s|min|m|h|d)$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : DURATION_MS[match[2]];
  return match?.[1] === undefined || unit === undefined ? null : Math.round(Number(match[1]) * unit);
}

/** `1.5 GiB`, for sentences. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
