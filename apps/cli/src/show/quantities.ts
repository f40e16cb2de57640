/** Numbers as people read them. Pure. */
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const units: Record<string, number> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  min: MINUTE_MS,
  h: HOUR_MS,
  d: 24 * HOUR_MS,
};

/** Milliseconds of `90s`, `1.5h`; null when it is no duration. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)\s?([a-z]+)$/.exec(text.trim());
  const unit = units[match?.[2] ?? ""];
  return match === null || unit === undefined ? null : Math.round(Number(match[1]) * unit);
}

export function formatDuration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ${Math.floor((ms % MINUTE_MS) / SECOND_MS)} s`;
  return `${Math.floor(ms / HOUR_MS)} h ${Math.floor((ms % HOUR_MS) / MINUTE_MS)} min`;
}

/** Between two moments; null while the second is not known. */
export function durationBetween(from: string | null | undefined, to: string | null | undefined): string | null {
  if (!from || !to) return null;
  return formatDuration(Math.max(0, Date.parse(to) - Date.parse(from)));
}

export function formatBytes(bytes: number | string): string {
  const names = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && unit < names.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${names[unit]}`;
}

/** A measured number: whole ones as they are, fractions to so many significant digits. */
export function formatNumber(value: number, digits = 6): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(digits)));
}

/** Local time to the second: what the person's own clock shows. */
export function formatTime(moment: string | number | null | undefined): string | null {
  if (moment === null || moment === undefined) return null;
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return null;
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The first group of an id is enough for people; programs take the whole one from -o json. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
