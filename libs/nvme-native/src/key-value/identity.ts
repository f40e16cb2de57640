/** Identify Namespace of the key value command set (CNS 05h, Key Value Command Set 1.0, figures 39 and 40). Pure. */
import { bytes as checkBytes } from "../check";
import { hexOrNull, IDENTIFY_BYTES } from "../controller/identify";

const FORMATS_AT = 72;
const FORMAT_BYTES = 16;
const MAX_FORMATS = 16;

/** What keys and values a namespace can have, as Format NVM names it by its index. */
export interface KeyValueFormat {
  /** 16 at most. */
  maxKeyBytes: number;
  maxValueBytes: number;
  /** Null: the drive names no limit. */
  maxKeys: number | null;
}

/** A namespace of keys and values, as it was when the object was opened. */
export interface KeyValueIdentity extends KeyValueFormat {
  nsid: number;
  /** NSZE. */
  capacityBytes: bigint;
  /** NUSE: taken by keys and values. */
  usedBytes: bigint;
  /** By index. */
  formats: KeyValueFormat[];
  /** Index of the one that it has (KVFC; drives of version 1.0 of the command set do not tell it, and give 0). */
  format: number;
  /** Hex digits; null where the drive gives zeroes. */
  nguid: string | null;
  eui64: string | null;
  /** The page, 4096 bytes. */
  raw: Uint8Array;
}

/** @param page of CNS 05h, CSI 01h */
export function parseKeyValueNamespace(nsid: number, page: Uint8Array): KeyValueIdentity {
  checkBytes("page", page, IDENTIFY_BYTES, IDENTIFY_BYTES);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const formats = Array.from({ length: Math.min(page[25]! + 1, MAX_FORMATS) }, (_, i) => {
    const at = FORMATS_AT + FORMAT_BYTES * i;
    return {
      maxKeyBytes: view.getUint16(at, true),
      maxValueBytes: view.getUint32(at + 4, true),
      maxKeys: view.getUint32(at + 8, true) || null,
    };
  });
  const format = page[29]! & 0x0f;
  return {
    nsid,
    capacityBytes: view.getBigUint64(0, true),
    usedBytes: view.getBigUint64(16, true),
    ...(formats[format] ?? formats[0]!),
    formats,
    format,
    nguid: hexOrNull(page, 48, 16),
    eui64: hexOrNull(page, 64, 8),
    raw: page,
  };
}
