import tailwind from "@tailwindcss/vite";
import { defineConfig } from "vite";

/** Hashed files that the API server gives out for ever; `base` is relative, so that a proxy's prefix needs no build. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [tailwind()],
  build: {
    outDir: "../dist/ui",
    // "assets" are something else here, with addresses of their own.
    assetsDir: "static",
    emptyOutDir: true,
    target: "es2023",
    // A strict policy allows no script or font in the page's own text.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1600,
    reportCompressedSize: false,
    // Libraries mark their modules for servers that render; nothing here does.
    rolldownOptions: { checks: { moduleLevelDirective: false, pluginTimings: false } },
  },
  worker: { format: "es" },
  server: {
    proxy: {
      "^/(ui|api|auth|events|endpoints|v2)/": process.env["TRADEWIND_API"] ?? "http://127.0.0.1:8080",
    },
  },
});
