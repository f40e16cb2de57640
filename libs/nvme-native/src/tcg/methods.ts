/** Method calls and their answers (TCG Storage Architecture Core Specification 2.01, 3.2.4 and 5.1.5). Pure. */
import { integer, refuse } from "../check";
import { CONTROL, encodeValue, TcgMalformedError, type TcgValue, TokenReader } from "./tokens";

const STATUS_NAMES: Record<number, string> = {
  0: "SUCCESS",
  1: "NOT_AUTHORIZED",
  3: "SP_BUSY",
  4: "SP_FAILED",
  5: "SP_DISABLED",
  6: "SP_FROZEN",
  7: "NO_SESSIONS_AVAILABLE",
  8: "UNIQUENESS_CONFLICT",
  9: "INSUFFICIENT_SPACE",
  10: "INSUFFICIENT_ROWS",
  12: "INVALID_PARAMETER",
  15: "TPER_MALFUNCTION",
  16: "TRANSACTION_FAILURE",
  17: "RESPONSE_OVERFLOW",
  18: "AUTHORITY_LOCKED_OUT",
  63: "FAIL",
};

export function tcgStatusName(status: number): string {
  integer("status", status, 0, Number.MAX_SAFE_INTEGER);
  return STATUS_NAMES[status] ?? `status ${status.toString(16)}h`;
}

export function encodeCall(object: Uint8Array, method: Uint8Array, parameters: TcgValue[]): Uint8Array {
  const call = [CONTROL.call, ...encodeValue(object), ...encodeValue(method), ...encodeValue(parameters)];
  return Uint8Array.from([...call, CONTROL.endOfData, ...encodeValue([0, 0, 0])]);
}

/** What a method answered; the session manager repeats whose method it was. @throws TcgMalformedError */
export function decodeAnswer(payload: Uint8Array): { status: number; results: TcgValue[] } {
  const reader = new TokenReader(payload);
  if (reader.take(CONTROL.call)) {
    reader.value();
    reader.value();
  }
  const results = reader.value();
  reader.expect(CONTROL.endOfData);
  const status = reader.value();
  if (!Array.isArray(results) || !Array.isArray(status) || typeof status[0] !== "number") {
    throw new TcgMalformedError("the answer is no list with a status behind it");
  }
  return { status: status[0], results };
}

/** The cells of a row that Get gave, by column. @throws TcgMalformedError when it is no row */
export function cellsOf(results: TcgValue[]): Map<number, TcgValue> {
  if (!Array.isArray(results)) refuse("results must be an array, as a TcgAnswer has it");
  const row = Array.isArray(results[0]) ? results[0] : results;
  const cells = new Map<number, TcgValue>();
  for (const cell of row) {
    if (typeof cell !== "object" || cell === null || !("name" in cell) || typeof cell.name !== "number") {
      throw new TcgMalformedError("a row has a cell without a column");
    }
    cells.set(cell.name, cell.value);
  }
  return cells;
}
