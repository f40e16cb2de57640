/** Runs in the guest: the power of a root port's slot as an `exec` power driver. `in-guest-slot.js <port> cut|restore|read` */
import { slotPower, switchSlot } from "../../../../libs/nvme-native/test/qemu/pci-slot";

const [port, action] = process.argv.slice(2);
if (action === "cut") switchSlot(port!, "off");
else if (action === "restore") switchSlot(port!, "on");
else console.log(slotPower(port!));
