/** Fires when an HTTP endpoint answers with success. */
import type { Json } from "../../core/dag-model.ts";
import { defineTrigger } from "../trigger.ts";

/** The event is `{ status, body }`. `pollInterval` in seconds; a refused or failed request counts as "not yet". */
export const HttpTrigger = defineTrigger<{
  httpConnId: string;
  endpoint: string;
  method: string;
  headers: { [name: string]: string };
  data: Json;
  pollInterval: number;
}>("HttpTrigger", async ({ httpConnId, pollInterval, ...request }, { client, logger, signal, sleep }) => {
  const { HttpHook } = await import("../../providers/http.ts");
  const hook = new HttpHook(await client.getConnection(httpConnId));
  for (;;) {
    signal.throwIfAborted();
    try {
      const response = await hook.request({ ...request, signal });
      if (response.ok) return { status: response.status, body: await response.text() };
      await response.body?.cancel();
    } catch (error) {
      logger.info(`not yet: ${String(error)}`);
    }
    await sleep(pollInterval);
  }
});
