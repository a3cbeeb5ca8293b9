// How is the VM test run (`npm run test:vm`)? Two VMs at a time: emulation takes a whole core, and more would only wait for each other.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/vm/**/*.test.ts"],
    globalSetup: ["test/vm/set-up.ts"],
    pool: "forks",
    maxWorkers: 2,
    globals: false,
    passWithNoTests: false,
  },
});
