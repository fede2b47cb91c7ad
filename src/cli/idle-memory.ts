/**
 * Gives the memory back that a start needed. Importing the program and preparing its routes leaves V8 with two to
 * three times the heap that stays in use, and V8 of itself keeps it until the process has allocated as much again: a
 * service that waits for work would hold it for days.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../time.ts";

/** What starts is through by then, and nobody has opened many pages yet. */
const afterMs = 5000;

/** Collects once, soon; the collection of some 40 MB holds the loop for some 40 ms. Never keeps the process alive. */
export function giveBackStartMemory(): void {
  systemClock.after(afterMs, () => {
    // The only way to ask V8 for a collection in a process that was not started with --expose-gc.
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    setFlagsFromString("--no-expose-gc");
    collect();
  });
}
