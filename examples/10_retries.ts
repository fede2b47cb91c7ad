/**
 * Retries, timeouts, skips and callbacks: what happens when a task does not go well.
 *
 * - `flaky` fails on its first two tries and succeeds on the third; the waits between tries double, up to a minute.
 * - `hopeless` throws `FailException`: no further try would help, so `retries` does not count.
 * - `maybe` throws `SkipException`: not an error; what follows by "all_success" is skipped too.
 * - `clean_up` runs when all before it are done, however they ended.
 */
import { Dag, FailException, getContext, Param, SkipException } from "tradewind";

export const retries = new Dag("retries", {
  schedule: null,
  tags: ["example"],
  params: { hopeless: new Param(false, { type: "boolean", description: "Let a task fail for good" }) },
});

const flaky = retries.task(
  "flaky",
  async () => {
    const { tryNumber } = getContext();
    if (tryNumber < 3) throw new Error(`try ${tryNumber}: the service is busy`);
    return `done on try ${tryNumber}`;
  },
  {
    retries: 4,
    retryDelay: { seconds: 1 },
    retryExponentialBackoff: true,
    maxRetryDelay: { minutes: 1 },
    executionTimeout: { seconds: 30 },
    onRetryCallback: ({ logger, tryNumber }) => logger.warning(`another try after number ${tryNumber}`),
  },
)();

const hopeless = retries.task(
  "hopeless",
  async () => {
    if (getContext().params["hopeless"] === true) throw new FailException("the key is not valid any more");
    return "lucky";
  },
  { retries: 5, onFailureCallback: ({ logger, exception }) => logger.error(`gave up: ${String(exception)}`) },
)();

const maybe = retries.task("maybe", async () => {
  throw new SkipException("nothing new since yesterday");
})();
const afterMaybe = retries.task("after_maybe", async () => "never reached")();
afterMaybe.after(maybe);

const cleanUp = retries.task("clean_up", async () => "clean", { triggerRule: "all_done" })();
cleanUp.after(flaky, hopeless, afterMaybe);
