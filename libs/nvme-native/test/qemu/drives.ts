/** QEMU's NVMe drives of the PCIe guest and what is around them: one place for the machine outside and for the guest. */

/** As Identify has it. */
export const MODEL = "QEMU NVMe Ctrl";

/** In the order of the addresses that behaviours get; each behind a root port of its own. */
export const FUNCTIONS = ["0000:01:00.0", "0000:02:00.0"];

/** The root ports' places on their bus, in the same order. */
export const PORT_SLOTS = [5, 6];
const onRootBus = (slot: number) => `0000:00:${slot.toString(16).padStart(2, "0")}.0`;

/** The second drive, which can be pulled and plugged: its name, and its properties as -device and device_add take them. */
export const HOT_DRIVE = "nvme1";
export const HOT_SERIAL = "ASSAYPCIE0002";
export const HOT_PORT = onRootBus(PORT_SLOTS[1]!);
export const HOT_CAPACITY_MIB = 16;
export const HOT_PROPERTIES = `nvme,id=${HOT_DRIVE},bus=port1,serial=${HOT_SERIAL},drive=second`;

/** QEMU's own monitor is at the other end of a serial line at this place of the bus. */
export const MONITOR_SLOT = 8;
export const MONITOR_ADDRESS = onRootBus(MONITOR_SLOT);
