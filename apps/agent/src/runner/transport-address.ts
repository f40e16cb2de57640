import type { TransportAddress } from "@assay/nvme-native";
import type { DutPath } from "@assay/protocol";

/** The driver's form of a path whose file names are already absolute. Pure. */
export function transportAddress(path: DutPath): TransportAddress {
  switch (path.transport) {
    case "model":
      return { transport: "model", path: path.address };
    case "spdk-vfio-user":
      return { transport: "spdk-vfio-user", path: path.address };
    case "spdk-pcie":
      return { transport: "spdk-pcie", address: path.address };
    case "spdk-tcp": {
      const colon = path.address.lastIndexOf(":");
      const host = path.address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
      return { transport: "spdk-tcp", address: host, port: Number(path.address.slice(colon + 1)), nqn: path.nqn };
    }
  }
}
