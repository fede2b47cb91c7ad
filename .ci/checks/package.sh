#!/usr/bin/env bash
# The published package: built, packed, installed into an empty folder, and a Dag run with it.
set -eu
cd "$(dirname "$0")/../.."
node scripts/bootstrap.mjs scripts/build.ts
place=$(mktemp -d)
# The embedded server runs as another user where we are root, and has to reach its programs.
chmod 755 "$place"
trap 'rm -rf "$place"' EXIT
(cd dist && npm pack --silent --pack-destination "$place" >/dev/null)
mkdir "$place/dags"
cat >"$place/dags/hello.ts" <<'DAG'
import { Dag } from "tradewind";
const dag = new Dag("hello", { schedule: "@daily", startDate: "2026-01-01" });
const greet = dag.task("greet", async ({ name }: { name: string }) => `Hello, ${name}`);
const shout = dag.task("shout", async ({ text }: { text: string }) => text.toUpperCase());
shout({ text: greet({ name: "world" }) });
DAG
node=$(node -e 'import(process.argv[1]).then((m) => console.log(m.bringNode()))' "$PWD/bin/bring-node.mjs")
export PATH="$(dirname "$node"):$PATH" TRADEWIND_HOME="$place/home"
cd "$place"
echo '{}' >package.json
npm install --silent --no-audit --no-fund ./tradewind-*.tgz
npx tradewind version
ls node_modules/tradewind/ui/index.html
npx tradewind dags test hello -S dags | tee "$place/out"
grep -q '"HELLO, WORLD"' "$place/out"
