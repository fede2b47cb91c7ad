/**
 * What the machine takes to hand a message to another process and to get one back: the floor under each step from
 * the scheduler to a worker to a task.
 *
 *     node bench/message-time.ts      # prints it; with the path of a socket it is the other side
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./figures.ts";

const warmUp = 500;
const samples = 3000;

/** Microseconds for a round trip of 100 bytes over a Unix socket between two Node processes, median. */
export async function messageMicroseconds(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "message-time-"));
  const path = join(folder, "s");
  const server = createServer().listen(path);
  await once(server, "listening");
  const child = spawn(process.execPath, [import.meta.filename, path], { stdio: "inherit" });
  try {
    const [socket] = (await once(server, "connection")) as [Socket];
    const times = await roundTrips(socket);
    socket.destroy();
    return median(times.slice(warmUp));
  } finally {
    server.close();
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

function roundTrips(socket: Socket): Promise<number[]> {
  const message = Buffer.alloc(100, "x");
  const times: number[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<number[]>();
  let begin = 0;
  const send = (): void => {
    begin = performance.now();
    socket.write(message);
  };
  socket.on("error", reject);
  socket.on("data", () => {
    times.push((performance.now() - begin) * 1000);
    if (times.length < warmUp + samples) send();
    else resolve(times);
  });
  send();
  return promise;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

function answer(path: string): void {
  const socket = createConnection(path);
  socket.on("data", (data) => socket.write(data));
  socket.on("error", () => process.exit(1));
}

if (import.meta.main) {
  const path = process.argv[2];
  if (path === undefined) console.log(`${(await messageMicroseconds()).toFixed(1)} µs there and back`);
  else answer(path);
}
