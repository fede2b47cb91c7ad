import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/support/global-setup.ts"],
    testTimeout: 90_000,
    // On a loaded CI machine a process may miss a deadline; what fails three times fails.
    retry: process.env["CI"] ? 2 : 0,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
