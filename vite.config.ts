// How is the console built? One static folder, out/renderer, that Electron and the headless manager serve alike.
// Nothing inline and no data: addresses, because the Content-Security-Policy of both hosts refuses them.
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// A test run that builds the console says NODE_ENV=test, which would give React's development build.
process.env["NODE_ENV"] = "production";

export default defineConfig({
  root: join(import.meta.dirname, "renderer"),
  base: "/",
  publicDir: "public",
  plugins: [react()],
  build: {
    outDir: join(import.meta.dirname, "out/renderer"),
    emptyOutDir: true,
    target: "chrome140",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2048,
    reportCompressedSize: false,
  },
});
