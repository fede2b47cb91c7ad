import { expect, test } from "vitest";
import { createNotifier, listen, notify } from "../../src/store/notify.ts";
import { sql } from "../../src/store/sql.ts";
import { systemClock } from "../../src/time.ts";
import { freshDatabase } from "../support/database.ts";

/** Collects what a listener hears, and resolves when it has heard so much. */
function ear() {
  const heard: string[] = [];
  let gaps = 0;
  const waiting: { done: () => boolean; resolve: () => void }[] = [];
  const check = () => waiting.filter(({ done }) => done()).forEach(({ resolve }) => resolve());
  return {
    heard,
    onPayload: (payload: string) => {
      heard.push(payload);
      check();
    },
    onGap: () => {
      gaps += 1;
      check();
    },
    until: (done: (gaps: number) => boolean) =>
      new Promise<void>((resolve) => {
        waiting.push({ done: () => done(gaps), resolve });
        check();
      }),
  };
}

test("notifications are sent once each, those that gather with the next statement", async () => {
  const { database } = await freshDatabase();
  const listener = ear();
  const listening = listen(database, { ...listener, clock: systemClock });
  await listening.ready;
  let statements = 0;
  const notifier = createNotifier({
    ...database,
    run: (statement) => {
      statements += 1;
      return database.run(statement);
    },
  });
  for (let i = 0; i < 100; i++) notifier.send(`run:d${i % 10}`);
  await notifier.flushed();
  notifier.send("last");
  await notifier.flushed();
  await listener.until(() => listener.heard.includes("last"));
  expect(statements).toBe(2);
  expect(listener.heard).toEqual([...Array.from({ length: 10 }, (_, i) => `run:d${i}`), "last"]);
  await listening.stop();
});

test("a notification in a transaction is heard when it commits, and not when it is rolled back", async () => {
  const { database } = await freshDatabase();
  const listener = ear();
  const listening = listen(database, { ...listener, clock: systemClock });
  await listening.ready;
  const rolledBack = database.transaction(async (tx) => {
    await notify(tx, ["never"]);
    throw new Error("no");
  });
  await expect(rolledBack).rejects.toThrow("no");
  await database.transaction((tx) => notify(tx, ["kept"]));
  await listener.until(() => listener.heard.length > 0);
  expect(listener.heard).toEqual(["kept"]);
  await listening.stop();
});

test("a listener whose session is ended listens again and says that it may have missed something", async () => {
  const { database } = await freshDatabase();
  const listener = ear();
  const listening = listen(database, { ...listener, clock: systemClock, reconnectMs: 1 });
  await listener.until((gaps) => gaps === 1);
  await database.run(
    sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tradewind listener' AND datname = current_database()`,
  );
  await listener.until((gaps) => gaps === 2);
  await notify(database, ["after"]);
  await listener.until(() => listener.heard.includes("after"));
  await listening.stop();
});

test("a listener polls behind the notifications", async () => {
  const { database } = await freshDatabase();
  const listener = ear();
  const listening = listen(database, { ...listener, clock: systemClock, pollMs: 1 });
  await listener.until((gaps) => gaps >= 4);
  await listening.stop();
});
