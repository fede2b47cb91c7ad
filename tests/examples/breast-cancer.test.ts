import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { breastCancer } from "../../examples/03_breast_cancer_postgres/pipeline.ts";
import { modelFromJson } from "../../src/ml/index.ts";
import { sql } from "../../src/store/sql.ts";
import { testDag } from "../../src/testing/index.ts";
import { goldens } from "../ml/goldens/goldens.ts";
import { freshDatabase } from "../support/database.ts";
import { mailServer } from "./mail-server.ts";
import { postgresConnection } from "./postgres-connection.ts";
import { temporaryFolder } from "./temporary-folder.ts";

describe("the breast-cancer pipeline", () => {
  it("keeps samples and experiments in tables, and chooses what scikit-learn chooses", async () => {
    const { mails, connection } = await mailServer();
    const { database, url } = await freshDatabase({ empty: true });
    const options = {
      params: { folder: await temporaryFolder(), email: "ann@example.com" },
      connections: { smtp_default: connection, postgres_default: postgresConnection(url) },
      runId: "test_1",
      // What a server answers; the whole of it runs in `end-to-end.test.ts`.
      mocks: { "after_crossvalidation.tracking_experiments": { runId: "0", version: "1" } },
    };
    const run = await testDag(breastCancer, options);
    expect(run.state).toBe("success");
    expect(run.results["hyperparam_tuning"]).toHaveLength(87);
    expect(run.results["after_crossvalidation.ranking_candidates"]).toMatchObject({
      best: goldens.search.cancer.best,
    });
    const samples = await database.rows(
      sql`SELECT count(*)::int AS n, sum(target)::int AS benign FROM batch_data`,
    );
    expect(samples).toEqual([{ n: 569, benign: 357 }]);
    const experiments = await database.rows<{ n: number; mean: number }>(
      sql`SELECT n_components AS n, mean_accuracy AS mean FROM experiments ORDER BY n_components`,
    );
    expect(experiments).toHaveLength(29);
    experiments.forEach(({ mean }, at) => expect(mean).toBeCloseTo(goldens.search.cancer.mean[at], 6));
    const saved = await readFile(run.results["after_crossvalidation.fitting_best_model"] as string, "utf8");
    expect(modelFromJson(JSON.parse(saved)).params).toMatchObject({
      pca__nComponents: goldens.search.cancer.best,
    });
    expect(mails.map(({ subject }) => subject)).toEqual(["breast_cancer succeeded"]);

    // The same run again finds everything there and adds nothing.
    const again = await testDag(breastCancer, options);
    expect(again.results["preparing_data.saving_batch_data"]).toBe(0);
    expect(again.results["after_crossvalidation.saving_results"]).toBe(0);
  });
});
