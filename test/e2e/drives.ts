/** host.yaml texts for labs of tests: as many simulated drives as a test wants, quick but not instantaneous. */
export interface DriveWish {
  serial: string;
  faults?: string;
  volatileCache?: boolean;
  /** False: the slot's entry lists another serial than the drive has. */
  listed?: boolean;
  effects?: string;
}

/** A latency model makes a worker sleep between completions, so that ten drives fit on a small machine. */
const LATENCY = "{ readUs: 3000, writeUs: 2000, flushUs: 3000, jitterPercent: 20 }";

export function hostFile(wishes: DriveWish[], hostName = "e2e-01"): string {
  const slots = wishes.map(
    (wish, index) => `  - name: bay-${index + 1}
    path: { transport: model, address: drives/bay-${index + 1}.drive }
    identity: { model: ASSAY SIM A, serial: ${wish.serial} }
    effects: ${wish.effects ?? "[writes, destroys-data, power-cycles]"}
    power: { driver: simulated }
    simulated:
      capacity: 64MiB
      firmware: A1.0
      seed: ${index + 1}
      volatileCache: ${wish.volatileCache ?? true}
      latency: ${LATENCY}
      faults: ${wish.faults ?? "[]"}`,
  );
  return `apiVersion: assay/v1\nkind: Host\nname: ${hostName}\nslots:\n${slots.join("\n")}\n`;
}

export const serialOf = (index: number) => `E2E${String(index).padStart(4, "0")}`;

/** `count` healthy drives; the last one corrupts silently when `defect` is set, as only a long plan finds. */
export function drives(count: number, { defect = false } = {}): DriveWish[] {
  return Array.from({ length: count }, (_, index) => ({
    serial: serialOf(index + 1),
    faults: defect && index === count - 1 ? "[{ kind: silent-corruption, afterWrites: 600, everyNth: 97 }]" : undefined,
  }));
}
