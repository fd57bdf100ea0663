import { defineConfig } from "vitest/config";

const station = process.env["MARSAD_STATION"] ?? "http://127.0.0.1:8470";

export default defineConfig({
  base: "./",
  build: {
    outDir: "../src/marsad/console/dist",
    emptyOutDir: true,
    target: "es2022",
    // the map library is one chunk that changes rarely; the console's own code is small
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "maplibre", test: /node_modules[\\/]maplibre-gl/ }] } } },
  },
  worker: { format: "es" },
  server: { proxy: { "/api": { target: station, ws: true } } },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
