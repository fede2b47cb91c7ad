#!/usr/bin/env bash
# Schemathesis sends the API what its document allows and what it does not: no answer may be a 5xx, none may hang.
# Bounded to about two minutes; skipped by name where Python or the package index is not there.
set -u
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'kill "${server:-0}" 2>/dev/null; rm -rf "$work"' EXIT
if ! python3 -m venv "$work/venv" 2>/dev/null || ! "$work/venv/bin/pip" install --quiet "schemathesis==4.*" 2>/dev/null; then
  echo "skipped: schemathesis cannot be installed here"
  exit 0
fi
mkdir -p "$work/home/dags"
# The set-up first: it may take longer than a start.
node scripts/bootstrap.mjs bin/tradewind.mjs version >/dev/null || exit 1
node scripts/bootstrap.mjs bin/tradewind.mjs standalone --home "$work/home" --port 0 >"$work/log" 2>&1 &
server=$!
for _ in $(seq 300); do
  grep -q "Sign in as" "$work/log" && break
  sleep 0.2
done
grep -q "Sign in as" "$work/log" || { cat "$work/log"; echo "the server did not start"; exit 1; }
url=$(grep -o 'http://[0-9.:]*' "$work/log" | head -1)
password=$(sed -n 's/.*with the password \([^,]*\),.*/\1/p' "$work/log")
token=$(curl -s -H 'content-type: application/json' -d "{\"username\":\"admin\",\"password\":\"$password\"}" "$url/auth/token" |
  sed 's/.*"access_token":"\([^"]*\)".*/\1/')
# What ends the sign-in itself, the page (which may not be built here), and what never ends, is left out.
timeout 180 "$work/venv/bin/schemathesis" run "$url/openapi.json" \
  --header "Authorization: Bearer $token" \
  --checks not_a_server_error \
  --exclude-path-regex '/auth/(token|password|logout|login)|/events/stream|/wait' \
  --max-examples "${EXAMPLES:-10}" --request-timeout 20 --workers 2 --phases examples,fuzzing --seed 1
status=$?
[ "$status" -eq 124 ] && echo "stopped after 180 s; no failure until then" && exit 0
exit "$status"
