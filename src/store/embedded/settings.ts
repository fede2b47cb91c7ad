/**
 * Settings of the embedded server, given on its command line so that they are this version's and not those of
 * the day on which the folder was made. A commit is on disk before it is answered (fsync, synchronous_commit).
 */

/** One machine, many small transactions, few sessions; nothing is replicated from it. */
const always: Readonly<Record<string, string>> = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  max_connections: "60",
  shared_buffers: "64MB",
  wal_level: "minimal",
  max_wal_senders: "0",
  wal_buffers: "4MB",
  max_wal_size: "1GB",
  checkpoint_timeout: "15min",
  max_worker_processes: "2",
  max_logical_replication_workers: "0",
  max_parallel_workers_per_gather: "0",
  max_parallel_maintenance_workers: "0",
  autovacuum_max_workers: "2",
  autovacuum_naptime: "20s",
  random_page_cost: "1.1",
  effective_cache_size: "512MB",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  datestyle: "ISO, YMD",
  log_line_prefix: "%m [%p] ",
  log_min_messages: "warning",
  // A client that vanishes in the middle of a statement is noticed.
  client_connection_check_interval: "5s",
  dynamic_shared_memory_type: "posix",
  huge_pages: "off",
};

/** PostgreSQL 18 starts processes of its own for reading; a home's database is read from memory. */
const since18: Readonly<Record<string, string>> = { io_method: "sync" };

export function serverArguments(major: number, more: Readonly<Record<string, string>> = {}): string[] {
  const settings = { ...always, ...(major >= 18 ? since18 : {}), ...more };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
