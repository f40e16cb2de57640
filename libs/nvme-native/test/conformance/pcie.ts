/** PCIe: configuration space, MSI-X, link and power states (B015 to B031). */
export {};
