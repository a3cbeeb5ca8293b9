// How are the tests run? In forked processes under Node 24, with nothing global. Started by build/test.mjs, which adds the private keyring.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    exclude: ["test/results/**", "test/electron/**", "test/vm/**", "node_modules/**"],
    pool: "forks",
    globals: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
  },
});
