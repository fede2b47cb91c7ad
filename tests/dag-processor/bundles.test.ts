/** Dag files from several bundles: folders, Git repositories, zip archives. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { describe, expect, it, onTestFinished } from "vitest";
import { bundlesOf } from "../../src/dag-processor/bundle-config.ts";
import { DagBundles } from "../../src/dag-processor/bundles.ts";
import { GitBundle } from "../../src/dag-processor/git-bundle.ts";
import { silentLog } from "../../src/log.ts";
import { systemClock } from "../../src/time.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython, requirePython } from "../python/find-python.ts";
import { bench, dagText, MemorySink } from "./processor-bench.ts";

const env = { PATH: process.env["PATH"], HOME: "/home/me" };
const local = "airflow.dag_processing.bundles.local.LocalDagBundle";
const s3 = "airflow.providers.amazon.aws.bundles.s3.S3DagBundle";
const git = "airflow.providers.git.bundles.git.GitDagBundle";

describe("dag_bundle_config_list", () => {
  it("is the Dags folder where it is empty, and Airflow's list otherwise", () => {
    expect(bundlesOf("", "/dags", env)).toEqual([{ kind: "local", name: "dags-folder", folder: "/dags" }]);
    const text = JSON.stringify([
      { name: "mine", classpath: local, kwargs: { path: "~/dags", refresh_interval: 5 } },
      {
        name: "team",
        classpath: git,
        kwargs: { git_conn_id: "repo", tracking_ref: "release", subdir: "dags", refresh_interval: 30 },
      },
      { name: "far", classpath: s3, kwargs: { bucket_name: "dags", prefix: "team/a/" } },
    ]);
    expect(bundlesOf(text, "/dags", env)).toMatchObject([
      { kind: "local", name: "mine", folder: "/home/me/dags" },
      { kind: "git", connId: "repo", trackingRef: "release", subdir: "dags", refreshSeconds: 30 },
      { kind: "bucket", connId: "aws_default", bucket: "dags", prefix: "team/a", refreshSeconds: 300 },
    ]);
  });

  it.each([
    ["[", /expected a JSON list/],
    ["{}", /expected a JSON list/],
    [`[{"name": "a b", "classpath": "${local}"}]`, /expected a name of letters/],
    [`[{"name": "a", "classpath": "my.AzureDagBundle"}]`, /expected the classpath of LocalDagBundle/],
    [`[{"name": "a", "classpath": "${s3}"}]`, /expected bucket_name to be the name of a bucket, got null/],
    [`[{"name": "a", "classpath": "${s3}", "kwargs": {"bucket_name": "s3://b"}}]`, /got "s3:\/\/b"/],
    [`[{"name": "a", "classpath": "${git}"}]`, /expected repo_url, or git_conn_id/],
    [`[{"name": "a", "classpath": "${git}", "kwargs": {"repo_ulr": "x"}}]`, /no argument "repo_ulr"/],
    [`[{"name": "a", "classpath": "${local}", "kwargs": {"path": 3}}]`, /expected path to be a text, got 3/],
    [`[{"name": "a", "classpath": "${local}"}, {"name": "a", "classpath": "${local}"}]`, /two bundles/],
  ])("refuses %s", (text, message) => {
    expect(() => bundlesOf(text, "/dags", env)).toThrow(message);
  });
});

async function repository(files: Record<string, string>) {
  const folder = await temporaryFolder();
  const run = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: folder });
  const commit = (texts: Record<string, string>): string => {
    for (const [name, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    run("add", "-A");
    run("commit", "-qm", "changed");
    return run("rev-parse", "HEAD").toString().trim();
  };
  run("init", "-q", "-b", "main");
  return { folder, commit, first: commit(files) };
}

interface Stored {
  readonly sink: MemorySink;
  version(): string | null;
}

async function bundles(list: object[], environment: Record<string, string | undefined> = process.env) {
  const root = await temporaryFolder();
  const stored = new Map<string, Stored>();
  const all = new DagBundles({
    bundles: bundlesOf(JSON.stringify(list), join(root, "dags"), {}),
    clock: systemClock,
    log: silentLog(),
    git: { bundlesFolder: join(root, "bundles"), environment, connection: async () => null },
    bucket: { bundlesFolder: join(root, "bundles"), open: () => Promise.reject(new Error("no bucket here")) },
    sink: ({ name, version }) => {
      const sink = new MemorySink();
      stored.set(name, { sink, version });
      return sink;
    },
    processor: (one) => ({
      ...one,
      dagsFolder: one.folder,
      versionsFolder: join(root, "versions"),
      clock: systemClock,
      log: silentLog(),
      environment: { PATH: process.env["PATH"] },
      importTimeout: 20,
      pollSeconds: 60,
      idleSeconds: 5,
      filesPerChild: 100,
      parallelism: 2,
    }),
  });
  onTestFinished(() => all.stop());
  return { all, stored };
}

describe("bundles", () => {
  it("of Git are fetched with their commit, followed, and only what changed is imported again", async () => {
    const remote = await repository({
      "dags/a.ts": dagText("a"),
      "dags/b.ts": dagText("b"),
      "other.ts": dagText("no"),
    });
    const { all, stored } = await bundles([
      { name: "team", classpath: git, kwargs: { repo_url: remote.folder, subdir: "dags" } },
    ]);
    await all.runOnce();
    const team = stored.get("team");
    expect([...(team?.sink.dags.keys() ?? [])].sort()).toEqual(["a", "b"]);
    expect(team?.version()).toBe(remote.first);
    const second = remote.commit({ "dags/a.ts": dagText("a", "// changed") });
    await all.runOnce();
    expect(team?.version()).toBe(second);
    const again = team?.sink.outcomes.slice(2).map(({ relativeFile }) => relativeFile);
    expect(new Set(again)).toEqual(new Set(["a.ts"]));
  });

  it("that cannot be fetched say why, without a secret, and keep their Dags", async () => {
    const { all, stored } = await bundles([
      { name: "gone", classpath: git, kwargs: { repo_url: "https://me:hunter2@127.0.0.1:9/x.git" } },
    ]);
    await all.runOnce();
    const problem = stored.get("gone")?.sink.problems.get(".");
    expect(problem?.code).toBe("TW_BUNDLE_GIT");
    expect(problem?.message).toContain("git fetch of https://***@127.0.0.1:9/x.git failed");
    expect(problem?.message).not.toContain("hunter2");
  });

  it("have each Dag id once: it belongs to the first", async () => {
    const [one, two] = [await temporaryFolder(), await temporaryFolder()];
    writeFileSync(join(one, "x.ts"), dagText("same"));
    const { all, stored } = await bundles([
      { name: "one", classpath: local, kwargs: { path: one } },
      { name: "two", classpath: local, kwargs: { path: two } },
    ]);
    await all.runOnce();
    writeFileSync(join(two, "y.ts"), dagText("same"));
    await all.runOnce();
    expect(stored.get("two")?.sink.problems.get("y.ts")).toMatchObject({
      code: "TW_DAG_DUPLICATE_ID",
      message: expect.stringContaining('defined in x.ts of bundle "one" already, and again in y.ts'),
    });
  });

  it("hide the connection's password from the command line", async () => {
    const remote = await repository({ "a.ts": dagText("a") });
    const bundle = new GitBundle(
      {
        kind: "git",
        name: "x",
        connId: "repo",
        repoUrl: null,
        trackingRef: "nowhere",
        subdir: "",
        refreshSeconds: 1,
        submodules: false,
      },
      {
        bundlesFolder: await temporaryFolder(),
        environment: process.env,
        connection: async (connId) => ({
          connId,
          connType: "git",
          host: remote.folder,
          schema: null,
          login: "me",
          password: "hunter2",
          port: null,
          extra: null,
          description: null,
        }),
      },
    );
    await expect(bundle.refresh()).rejects.toMatchObject({
      code: "TW_BUNDLE_GIT",
      hint: "tracking_ref is nowhere",
      message: expect.not.stringContaining("hunter2"),
    });
  });
});

describePython("a zip archive in the Dags folder", () => {
  it("has Dag files at its top, and modules beside them", async () => {
    const dag = `from airflow import DAG
from airflow.operators.empty import EmptyOperator
import team.names
with DAG("zipped", schedule=None):
    EmptyOperator(task_id=team.names.first)
`;
    const packed = (name: string) =>
      zipSync({
        "packed.py": strToU8(dag),
        "team/__init__.py": strToU8(""),
        "team/names.py": strToU8(`first = '${name}'\n`),
        "readme.py": strToU8("print('nothing')\n"),
      });
    const { processor, sink, folder } = bench(
      {},
      {
        environment: { PATH: process.env["PATH"] },
        python: { interpreter: requirePython(), idleSeconds: 60 },
      },
    );
    writeFileSync(join(folder, "team.zip"), packed("a"));
    await processor.runOnce();
    expect([...sink.problems]).toEqual([]);
    expect(sink.dags.get("zipped")).toMatchObject({ relativeFile: "team.zip/packed.py" });
    expect(Object.keys(sink.dags.get("zipped")?.files ?? {}).sort()).toEqual([
      "team.zip/packed.py",
      "team.zip/team/__init__.py",
      "team.zip/team/names.py",
    ]);
    await processor.runOnce();
    expect(sink.outcomes).toHaveLength(1);
    writeFileSync(join(folder, "team.zip"), packed("renamed"));
    await processor.runOnce();
    expect(sink.dags.get("zipped")?.spec.tasks[0]?.taskId).toBe("renamed");
  });
});
