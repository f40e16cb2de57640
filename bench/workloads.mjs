// What the benches let run, named as fio and spdk_nvme_perf name it.
export const PATTERNS = {
  randread: { randomPercent: 100, readPercent: 100 },
  randwrite: { randomPercent: 100, readPercent: 0 },
  read: { randomPercent: 0, readPercent: 100 },
};

/** 4 KiB at random at three depths, reads and writes, and 128 KiB in sequence: `{ workload, depth, bytes }`. */
export const CASES = [
  ...["randread", "randwrite"].flatMap((workload) => [1, 32, 128].map((depth) => ({ workload, depth, bytes: 4096 }))),
  { workload: "read", depth: 32, bytes: 131_072 },
];
