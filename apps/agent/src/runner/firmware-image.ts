/** What is sent to a drive. */
export interface FirmwareImage {
  bytes: Uint8Array;
  /** Hexadecimal. */
  sha256: string;
}
