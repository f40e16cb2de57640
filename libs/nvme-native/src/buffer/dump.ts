/** Bytes as text: offset, hexadecimal, ASCII; 16 bytes a line. */
import { bytes, integer } from "../check";

const LINE_BYTES = 16;
/** More is five times as much text, which a process has no memory for. */
export const MAX_DUMP_BYTES = 16 * 1024 * 1024;

/** At most 16 MiB. @param first what the first line's offset is */
export function hexDump(data: Uint8Array, first = 0): string {
  bytes("data", data, 0, MAX_DUMP_BYTES);
  integer("first", first, 0, Number.MAX_SAFE_INTEGER);
  const lines: string[] = [];
  for (let at = 0; at < data.byteLength; at += LINE_BYTES) {
    const line = data.subarray(at, at + LINE_BYTES);
    const hex = Array.from(line, (byte) => byte.toString(16).padStart(2, "0"));
    const ascii = Array.from(line, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
    lines.push(
      `${(first + at).toString(16).padStart(8, "0")}  ${hex.join(" ").padEnd(3 * LINE_BYTES)} ${ascii.join("")}`,
    );
  }
  return lines.join("\n");
}
