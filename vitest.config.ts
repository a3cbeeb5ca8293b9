// How are the tests run? In forked processes under Node 24, with nothing global. Started by build/test.mjs, which adds the private keyring.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    exclude: ["test/results/**", "test/electron/**", "test/vm/**", "node_modules/**"],
    pool: "forks",
    // Its own default leaves one processor idle, which of two is half; most tests wait for programs, and those for the disk.
    maxWorkers: "100%",
    globals: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
  },
});
