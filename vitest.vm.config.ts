// How is the VM test run (`npm run test:vm`)? One VM after the other, on its own: emulation takes a whole core.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/vm/**/*.test.ts"], pool: "forks", globals: false, fileParallelism: false, passWithNoTests: false },
});
