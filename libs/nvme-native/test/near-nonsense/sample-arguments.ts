/** Right arguments that calls of several groups take. */
export const MIB = 1n << 20n;
export const sector = () => new Uint8Array(512);
export const page = () => new Uint8Array(4096);

const BITS = { cdw2: 0, cdw3: 0, cdw12: 1 << 20, cdw13: 5, cdw14: 0, cdw15: 0 };
/** Of a read or write. */
export const FLAGS = { fua: true, limitedRetry: true, cdw: BITS };
/** Get Features, as a raw command. */
export const RAW = {
  opcode: 0x0a,
  fuse: 0,
  nsid: 0,
  cdw2: 0,
  cdw3: 0,
  cdw10: 7,
  cdw11: 0,
  cdw12: 0,
  cdw13: 0,
  cdw14: 0,
  cdw15: 0,
};
