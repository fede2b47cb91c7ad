#!/usr/bin/env bash
# The parts that speak SQL, on every major version of PostgreSQL that we promise.
set -u
cd "$(dirname "$0")/../.."
status=0
for package in 14.23.0-beta.17 15.18.0-beta.17 16.14.0-beta.17 17.10.0-beta.17; do
  node scripts/bootstrap.mjs scripts/with-postgres.ts "$package" node_modules/vitest/vitest.mjs run tests/store tests/scheduler --reporter=dot || status=1
done
exit $status
