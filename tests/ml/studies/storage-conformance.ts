/** What every storage of studies does. */
import { describe, expect, it } from "vitest";
import { createStudy, float, openStudy, type StudyStorage } from "../../../src/ml/index.ts";
import type { Clock } from "../../../src/time.ts";

const space = { x: float(0, 1) };

/** A clock that tests move. */
export function heldClock(): Clock & { advance(ms: number): void } {
  let now = Date.UTC(2026, 0, 1);
  return {
    now: () => now,
    after: () => ({ cancel: () => undefined }),
    advance: (ms) => {
      now += ms;
    },
  };
}

/** `open` is called once per test. */
export function describeStudyStorage(name: string, open: (clock: Clock) => Promise<StudyStorage>): void {
  describe(name, () => {
    it("keeps a study under its name, and refuses a second one of that name", async () => {
      const storage = await open(heldClock());
      const study = await createStudy({ name: "a", space, storage, seed: 5 });
      await expect(createStudy({ name: "a", space, storage })).rejects.toMatchObject({
        code: "TW_STUDY_EXISTS",
      });
      const again = await createStudy({ name: "a", storage, loadIfExists: true });
      expect(again.spec).toEqual(study.spec);
      await expect(openStudy("b", storage)).rejects.toMatchObject({ code: "TW_STUDY_NOT_FOUND" });
      expect(await storage.delete("a")).toBe(true);
      expect(await storage.delete("a")).toBe(false);
      await expect(study.ask()).rejects.toMatchObject({ code: "TW_STUDY_NOT_FOUND" });
    });

    it("gives parallel askers different trials without gaps, and different parameters", async () => {
      const storage = await open(heldClock());
      const study = await createStudy({ space, storage, sampler: "random", nTrials: 40 });
      const asked = await Promise.all(Array.from({ length: 50 }, (_, i) => study.ask(`worker ${i % 8}`)));
      const numbers = asked.flatMap((trial) => (trial === null ? [] : [trial.number])).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: 40 }, (_, i) => i));
      expect(new Set(asked.map((trial) => trial?.params["x"])).size).toBe(41);
    });

    it("keeps values, reports and attributes as they were told, infinities included", async () => {
      const clock = heldClock();
      const storage = await open(clock);
      const study = await createStudy({ space, storage, direction: "maximize" });
      const trial = await study.ask("me");
      await trial?.report(0.25, 3);
      await trial?.report(Number.POSITIVE_INFINITY, 7);
      await trial?.report(9, 7);
      await trial?.setAttr("note", { a: [1, null] });
      clock.advance(1500);
      await study.tell(0, Number.NEGATIVE_INFINITY);
      const [kept] = (await storage.read("study")).trials;
      expect(kept).toMatchObject({
        number: 0,
        state: "complete",
        params: trial?.params,
        values: [Number.NEGATIVE_INFINITY],
        reports: [
          [3, 0.25],
          [7, Number.POSITIVE_INFINITY],
        ],
        attrs: { note: { a: [1, null] } },
        worker: "me",
      });
      expect((kept?.endedAt ?? 0) - (kept?.startedAt ?? 0)).toBe(1500);
    });

    it("takes the same end twice and refuses another one", async () => {
      const study = await createStudy({ space, storage: await open(heldClock()) });
      await study.ask();
      await study.tell(0, 1);
      await study.tell(0, 1);
      await expect(study.tell(0, 2)).rejects.toMatchObject({ code: "TW_STUDY_TRIAL_STATE" });
      await expect(study.tell(7, 2)).rejects.toMatchObject({ code: "TW_STUDY_TRIAL_NOT_FOUND" });
      await expect(study.tell(0, [1, 2])).rejects.toMatchObject({ code: "TW_STUDY_VALUE" });
      expect(await study.bestValue()).toBe(1);
    });

    it("counts not-a-number as a failure", async () => {
      const study = await createStudy({ space, storage: await open(heldClock()) });
      await study.ask();
      expect(await study.tell(0, Number.NaN)).toMatchObject({ state: "fail", values: null });
      await expect(study.bestTrial()).rejects.toMatchObject({ code: "TW_STUDY_NO_TRIAL" });
    });

    it("fails a trial that never tells, tries its parameters again, and then lets it be", async () => {
      const clock = heldClock();
      const options = { space, trialTimeout: 60, maxRetries: 1, nTrials: 1 };
      const study = await createStudy({ ...options, storage: await open(clock) });
      const first = await study.ask();
      clock.advance(59_000);
      await study.heartbeat(0);
      clock.advance(59_000);
      expect(await study.ask()).toBeNull();
      clock.advance(2000);
      const second = await study.ask();
      expect(second?.params).toEqual(first?.params);
      expect(second?.number).toBe(1);
      await expect(study.tell(0, 1)).rejects.toMatchObject({ code: "TW_STUDY_TRIAL_STATE" });
      clock.advance(61_000);
      expect(await study.ask()).toBeNull();
      expect((await study.trials()).map(({ state }) => state)).toEqual(["fail", "fail"]);
    });

    it("hands out enqueued parameters first", async () => {
      const study = await createStudy({ space, storage: await open(heldClock()) });
      await study.enqueue({ x: 0.125 });
      expect((await study.ask())?.params).toEqual({ x: 0.125 });
      await expect(study.enqueue({ x: 2 })).rejects.toMatchObject({ code: "TW_STUDY_PARAMS" });
      await expect(study.enqueue({ y: 0 })).rejects.toMatchObject({ code: "TW_STUDY_PARAMS" });
    });

    it("lets trials ask for their parameters one by one", async () => {
      const study = await createStudy({ storage: await open(heldClock()), seed: 3 });
      await study.optimize(
        async (trial) => {
          const kind = await trial.suggestCategorical("kind", ["line", "curve"]);
          const x = await trial.suggestFloat("x", -1, 1);
          return kind === "line" ? x : x ** 2 + (await trial.suggestInt("degree", 1, 5));
        },
        { nTrials: 30 },
      );
      const trials = await study.trials();
      expect(trials.every(({ state }) => state === "complete")).toBe(true);
      expect(await study.bestParams()).toMatchObject({ kind: "line" });
      expect(await study.bestValue()).toBeLessThan(-0.9);
    });
  });
}
