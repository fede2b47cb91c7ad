import { expect, it } from "vitest";
import {
  createStudy,
  DatabaseStudyStorage,
  float,
  MemoryStudyStorage,
  TaskStudyStorage,
} from "../../../src/ml/index.ts";
import { answerAboutStudy, type StudyRequest } from "../../../src/scheduler/study-answers.ts";
import type { StudyClient } from "../../../src/sdk/context.ts";
import { type Database, openDatabase } from "../../../src/store/connect.ts";
import { deleteStudy, listStudies } from "../../../src/store/studies.ts";
import { freshDatabase } from "../../support/database.ts";
import { describeStudyStorage, heldClock } from "./storage-conformance.ts";

describeStudyStorage("in memory", async (clock) => new MemoryStudyStorage(clock));

describeStudyStorage("in PostgreSQL", async (clock) => {
  const { database } = await freshDatabase();
  return new DatabaseStudyStorage(database, clock);
});

/** A task's client, answered as the scheduler answers it. */
function clientOf(database: Database): StudyClient {
  const ask = async (method: StudyRequest["method"], params: unknown) =>
    JSON.parse(JSON.stringify(await answerAboutStudy(database, { method, params } as StudyRequest)));
  return {
    createStudy: (study) => ask("study.create", study),
    readStudy: (name, after) => ask("study.read", { name, after }),
    writeStudy: (change) => ask("study.write", change),
  };
}

describeStudyStorage("through a task's client", async (clock) => {
  const { database } = await freshDatabase();
  const storage = new TaskStudyStorage(clientOf(database), clock);
  // Tasks cannot delete a study; what its deletion does to them can be seen all the same.
  return Object.assign(storage, { delete: (name: string) => deleteStudy(database, name) });
});

it("tasks that meet in a study lose nothing and try nothing twice", async () => {
  const { database } = await freshDatabase();
  const storages = [1, 2, 3].map(() => new TaskStudyStorage(clientOf(database)));
  await createStudy({ name: "s", space, sampler: "random", nTrials: 24, storage: storages[0] });
  const studies = await Promise.all(
    storages.map((storage) => createStudy({ name: "s", loadIfExists: true, storage })),
  );
  await Promise.all(studies.map((study) => study.optimize(({ params }) => bowl(params), { nJobs: 2 })));
  const trials = await studies[0].trials();
  expect(trials.map(({ number, state }) => [number, state])).toEqual(
    Array.from({ length: 24 }, (_, i) => [i, "complete"]),
  );
});

/** The longer name first: draws follow the order of the space, and it is not that of the names. */
const space = { xx: float(-5, 5), y: float(-5, 5) };
const bowl = (params: Readonly<Record<string, unknown>>): number =>
  Number(params["xx"]) ** 2 + Number(params["y"]) ** 2;

it("goes on after a process is gone as if it had not been, with the same proposals", async () => {
  const { database } = await freshDatabase();
  const clock = heldClock();
  const alone = await createStudy({ name: "alone", space, seed: 1 });
  await alone.optimize(({ params }) => bowl(params), { nTrials: 40 });
  const first = await createStudy({
    name: "s",
    space,
    seed: 1,
    storage: new DatabaseStudyStorage(database, clock),
  });
  await first.optimize(({ params }) => bowl(params), { nTrials: 25 });
  const second = await createStudy({
    name: "s",
    loadIfExists: true,
    storage: new DatabaseStudyStorage(database, clock),
  });
  await second.optimize(({ params }) => bowl(params), { nTrials: 15 });
  const params = async (study: typeof first) => (await study.trials()).map((trial) => trial.params);
  expect(await params(second)).toEqual(await params(alone));
});

it("shares a study between processes: no number twice, none lost", async () => {
  const { database, url } = await freshDatabase();
  const other = openDatabase({ url, poolSize: 2 });
  try {
    const storages = [new DatabaseStudyStorage(database), new DatabaseStudyStorage(other)];
    await createStudy({ name: "s", space, sampler: "random", nTrials: 60, storage: storages[0] });
    const studies = await Promise.all(
      storages.map((storage) => createStudy({ name: "s", loadIfExists: true, storage })),
    );
    await Promise.all(studies.map((study) => study.optimize(({ params }) => bowl(params), { nJobs: 4 })));
    const trials = await studies[0].trials();
    expect(trials.map(({ number, state }) => [number, state])).toEqual(
      Array.from({ length: 60 }, (_, i) => [i, "complete"]),
    );
    expect((await listStudies(database)).rows).toMatchObject([{ name: "s", trials: { complete: 60 } }]);
  } finally {
    await other.close();
  }
});

it("keeps nothing of a round whose transaction breaks, and goes on from the database", async () => {
  const { database } = await freshDatabase();
  let broken = false;
  const failing = {
    ...database,
    transaction: (work: Parameters<typeof database.transaction>[0]) =>
      database.transaction(async (tx) => {
        const result = await work(tx);
        if (broken) throw new Error("cut off");
        return result;
      }),
  } as typeof database;
  const study = await createStudy({ space, storage: new DatabaseStudyStorage(failing) });
  await study.ask();
  broken = true;
  await expect(study.ask()).rejects.toThrow("cut off");
  broken = false;
  expect((await study.ask())?.number).toBe(1);
  expect((await study.trials()).length).toBe(2);
});
