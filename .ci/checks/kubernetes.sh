#!/usr/bin/env bash
# The tests of pods on a real kube-apiserver; skipped by name where none was made.
set -eu
cd "$(dirname "$0")/../.."
node scripts/bootstrap.mjs scripts/test-kubernetes.mjs
