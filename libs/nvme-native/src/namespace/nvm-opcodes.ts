/** Opcodes of the NVM command set (NVM Command Set 1.0, figure 16). */
export const NVM_OPCODE = {
  flush: 0x00,
  write: 0x01,
  read: 0x02,
  writeUncorrectable: 0x04,
  compare: 0x05,
  writeZeroes: 0x08,
  deallocate: 0x09,
  verify: 0x0c,
  copy: 0x19,
} as const;
