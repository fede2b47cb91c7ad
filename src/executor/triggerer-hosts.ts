/**
 * A triggerer's processes: one for all Dags in TypeScript, and one for each interpreter of Dags in Python, started
 * with the first trigger that needs it.
 */
import type { pythonSettings } from "../runtime/python-command.ts";
import { nodeInterpreter, nodeTriggerer, pythonTriggerer } from "./triggerer-commands.ts";
import {
  type TriggererEvents,
  TriggererHost,
  type TriggererHostOptions,
  type WaitingTrigger,
} from "./triggerer-host.ts";

export interface TriggererHostsOptions extends Omit<TriggererHostOptions, "command"> {
  /** Section `python` of the settings. */
  readonly python: Parameters<typeof pythonSettings>[0];
}

export class TriggererHosts {
  readonly #options: TriggererHostsOptions;
  readonly #events: TriggererEvents;
  readonly #hosts = new Map<string, TriggererHost>();

  constructor(options: TriggererHostsOptions, events: TriggererEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Ends what killed triggerers may have left behind, in any language. */
  async start(): Promise<void> {
    await this.#hostOf(nodeInterpreter).start();
  }

  /** Waits for it from now on; the same trigger again changes nothing. */
  add(trigger: WaitingTrigger): void {
    this.#hostOf(trigger.code.interpreter).add(trigger);
  }

  /** Nobody wants it any more: its task was cleared, marked or timed out. */
  cancel(triggerId: string): void {
    for (const host of this.#hosts.values()) host.cancel(triggerId);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.stop()));
  }

  #hostOf(interpreter: string): TriggererHost {
    const known = this.#hosts.get(interpreter);
    if (known !== undefined) return known;
    const { python, ...options } = this.#options;
    const command = interpreter === nodeInterpreter ? nodeTriggerer() : pythonTriggerer(interpreter, python);
    const host = new TriggererHost({ ...options, command }, this.#events);
    this.#hosts.set(interpreter, host);
    return host;
  }
}
