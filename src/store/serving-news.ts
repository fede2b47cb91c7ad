/** What model servers are told, so that they look at once: endpoints changed, or where references to models lead. */
import type { Executor } from "./connect.ts";
import { notify } from "./notify.ts";

const words = { endpoints: "endpoints", models: "models" } as const;
export type ServingNews = keyof typeof words;

/** Within the transaction of the change: told when it commits. */
export function tellServers(tx: Executor, news: ServingNews): Promise<void> {
  return notify(tx, [words[news]]);
}

export function isServingNews(payload: string): payload is ServingNews {
  return Object.hasOwn(words, payload);
}
