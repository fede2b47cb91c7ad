// The tests of pods against a real kube-apiserver with its etcd, without nodes: the kubelet is the tests'.
//   node scripts/test-kubernetes.mjs build   makes the program in .cache, by Go: ten minutes on two processors
//   node scripts/test-kubernetes.mjs         runs the tests, or says why it cannot
import { spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../bin/bring-node.mjs";

const place = join(root, ".cache", "test-kubernetes");
/** TRADEWIND_TEST_KUBERNETES names one that was made elsewhere. */
const program = process.env.TRADEWIND_TEST_KUBERNETES || join(place, "kubernetes-api");
const python = process.env.TRADEWIND_TEST_PYTHON || "python3";

function build() {
  mkdirSync(place, { recursive: true });
  for (const file of ["main.go", "go.mod"])
    copyFileSync(join(root, "tests/kubernetes-api", file), join(place, file));
  const steps = [
    ["mod", "tidy"],
    ["build", "-trimpath", "-o", "kubernetes-api", "."],
  ];
  for (const args of steps) {
    const { status, error } = spawnSync("go", args, { cwd: place, stdio: "inherit" });
    if (status !== 0) return `go ${args.join(" ")} ended with ${error?.message ?? status}`;
  }
  return null;
}

function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  return Promise.all(
    servers.map(
      (server) =>
        new Promise((resolve) => {
          server.once("listening", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
          });
        }),
    ),
  );
}

/** Starts both programs in a folder; the kubeconfig's path, once the API says that it is ready. */
async function startCluster(folder, children) {
  const [client, peer, api] = await freePorts(3);
  const start = (args) => {
    const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    child.said = "";
    child.stderr.on("data", (chunk) => {
      child.said = (child.said + chunk).slice(-4000);
    });
    children.push(child);
    return child;
  };
  const etcd = `http://127.0.0.1:${client}`;
  const peers = `http://127.0.0.1:${peer}`;
  start([
    "etcd",
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    "--unsafe-no-fsync",
  ]);
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const key = join(folder, "accounts.key");
  writeFileSync(key, privateKey);
  writeFileSync(join(folder, "tokens.csv"), 'test-token,admin,1,"system:masters"\n');
  const server = start([
    `--etcd-servers=${etcd}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${api}`,
    `--cert-dir=${join(folder, "certificates")}`,
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-signing-key-file=${key}`,
    `--service-account-key-file=${key}`,
    "--service-cluster-ip-range=10.0.0.0/24",
    // Nobody here makes the account `default` of each namespace.
    "--disable-admission-plugins=ServiceAccount",
  ]);
  const config = join(folder, "kubeconfig.json");
  writeFileSync(config, JSON.stringify(kubeconfig(`https://127.0.0.1:${api}`, join(folder, "certificates"))));
  await isReady(config, server);
  return config;
}

function kubeconfig(server, certificates) {
  const cluster = { server, "certificate-authority": join(certificates, "apiserver.crt") };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster }],
    users: [{ name: "test", user: { token: "test-token" } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  };
}

const ends = (child) => new Promise((resolve) => child.once("exit", resolve));

/** By the client that the tests use: it is ready when the namespace is there in which they make pods. */
async function isReady(config, server) {
  const ask = `import sys; from kubernetes import client, config; config.load_kube_config("${config}"); client.CoreV1Api().read_namespace("default")`;
  for (let tries = 0; tries < 120; tries++) {
    if (server.exitCode !== null) throw new Error(`kube-apiserver ended: ${server.said}`);
    if ((await ends(spawn(python, ["-c", ask], { stdio: "ignore" }))) === 0) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
  }
  throw new Error(`kube-apiserver is not ready after a minute: ${server.said}`);
}

async function run() {
  const folder = mkdtempSync(join(tmpdir(), "tw-kubernetes-"));
  const children = [];
  try {
    const config = await startCluster(folder, children);
    const tests = ["-m", "unittest", "-v", "tests.test_kubernetes.PodsOfARealServer"];
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", TRADEWIND_TEST_KUBECONFIG: config };
    // Not waited for by blocking: what the servers say must be read, or they stand still when the pipe is full.
    const child = spawn(python, tests, { cwd: join(root, "python"), env, stdio: "inherit" });
    return (await ends(child)) ?? 1;
  } finally {
    for (const child of children.reverse()) {
      const ended = ends(child);
      if (child.exitCode === null && child.kill()) await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === "build") {
  const why = build();
  if (why !== null) console.error(why);
  process.exit(why === null ? 0 : 1);
} else if (!existsSync(program)) {
  console.log("skipped: pods of a real kube-apiserver: `node scripts/test-kubernetes.mjs build` makes it");
} else if (spawnSync(python, ["-c", "import kubernetes"]).status !== 0) {
  console.log(`skipped: pods of a real kube-apiserver: ${python} has no package kubernetes`);
} else {
  process.exit(await run());
}
