import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/support/global-setup.ts"],
    testTimeout: 90_000,
    // On a loaded CI machine a process may miss a deadline; what fails three times fails.
    retry: process.env["CI"] ? 2 : 0,
    hookTimeout: 60_000,
    // Dag files that a test imports in its own process are Node's to load, by our hooks, not Vite's.
    server: { deps: { external: [/[?&]tradewind=/, /\/dags\/[^?]*\.m?[jt]s/] } },
    pool: "forks",
    maxWorkers: 2,
  },
});
