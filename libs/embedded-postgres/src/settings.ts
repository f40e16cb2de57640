/** Server settings for a small machine that also runs an orchestrator, an agent and simulated drives. */
const SETTINGS: Record<string, string> = {
  listen_addresses: "127.0.0.1",
  // Socket paths are limited to 107 bytes; loopback with SCRAM works below any folder.
  unix_socket_directories: "",
  max_connections: "120",
  shared_buffers: "64MB",
  work_mem: "8MB",
  maintenance_work_mem: "64MB",
  max_wal_size: "512MB",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_worker_processes: "4",
  jit: "off",
  // Promise 4 rests on these: an acknowledged event is on disk.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  password_encryption: "scram-sha-256",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  log_min_messages: "warning",
};

export function serverArguments(dataDir: string, port: number): string[] {
  const settings = Object.entries({ ...SETTINGS, port: String(port) });
  return ["-D", dataDir, ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}
