/** ComPacket, Packet and SubPacket (TCG Storage Architecture Core Specification 2.01, 3.2.3), one of each. Pure. */
import { TcgMalformedError } from "./tokens";

const COM_PACKET_BYTES = 20;
const PACKET_BYTES = 24;
const SUB_PACKET_BYTES = 12;
const FRAMING_BYTES = COM_PACKET_BYTES + PACKET_BYTES + SUB_PACKET_BYTES;
/** Security commands move whole blocks of this many bytes here. */
const BLOCK_BYTES = 512;

export interface TcgPacket {
  comId: number;
  /** 0 and 0: the session manager. */
  tperSession: number;
  hostSession: number;
  /** Tokens; empty in an answer that is not there yet. */
  payload: Uint8Array;
}

export function encodePacket({ comId, tperSession, hostSession, payload }: TcgPacket): Uint8Array {
  const padded = Math.ceil(payload.length / 4) * 4;
  const bytes = new Uint8Array(Math.ceil((FRAMING_BYTES + padded) / BLOCK_BYTES) * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(4, comId);
  view.setUint32(16, PACKET_BYTES + SUB_PACKET_BYTES + padded);
  view.setUint32(COM_PACKET_BYTES, tperSession);
  view.setUint32(COM_PACKET_BYTES + 4, hostSession);
  view.setUint32(COM_PACKET_BYTES + 20, SUB_PACKET_BYTES + padded);
  view.setUint32(COM_PACKET_BYTES + PACKET_BYTES + 8, payload.length);
  bytes.set(payload, FRAMING_BYTES);
  return bytes;
}

/** `outstanding`: bytes of an answer that is not in here. @throws TcgMalformedError */
export function decodePacket(bytes: Uint8Array): TcgPacket & { outstanding: number } {
  const malformed = (what: string): never => {
    throw new TcgMalformedError(`${what} in a ComPacket of ${bytes.length} bytes`);
  };
  if (bytes.length < COM_PACKET_BYTES) malformed("no room for the header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const outer = { comId: view.getUint16(4), outstanding: view.getUint32(8) };
  const length = view.getUint32(16);
  if (length === 0) return { ...outer, tperSession: 0, hostSession: 0, payload: new Uint8Array() };
  if (length < PACKET_BYTES + SUB_PACKET_BYTES || length > bytes.length - COM_PACKET_BYTES)
    malformed(`a length of ${length}`);
  const inner = view.getUint32(COM_PACKET_BYTES + 20);
  const payload = view.getUint32(COM_PACKET_BYTES + PACKET_BYTES + 8);
  if (inner > length - PACKET_BYTES || payload + SUB_PACKET_BYTES > inner) malformed(`a payload of ${payload} bytes`);
  return {
    ...outer,
    tperSession: view.getUint32(COM_PACKET_BYTES),
    hostSession: view.getUint32(COM_PACKET_BYTES + 4),
    payload: bytes.slice(FRAMING_BYTES, FRAMING_BYTES + payload),
  };
}
