#!/usr/bin/env bash
# The parts that speak SQL, on older versions of PostgreSQL. TRADEWIND_POSTGRES names others.
set -u
cd "$(dirname "$0")/../.."
status=0
for package in ${TRADEWIND_POSTGRES:-14.23.0-beta.17 16.14.0-beta.17}; do
  node scripts/bootstrap.mjs scripts/with-postgres.ts "$package" node_modules/vitest/vitest.mjs run tests/store tests/scheduler --reporter=dot || status=1
done
exit $status
