import type { Config } from "jest";

/** One suite, run from source: swc strips the types, Node's own ESM loads it. */
const config: Config = {
  roots: ["packages", "e2e", "benchmarks", "examples", "docs"].map(
    (folder) => `<rootDir>/${folder}`,
  ),
  testMatch: ["**/*.test.ts"],
  // They take minutes, and hold bounds in time that a machine full of other
  // tests can't: `npm run test:faults` runs them alone.
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/e2e/faults/", "<rootDir>/e2e/partitions/"],
  testEnvironment: "<rootDir>/packages/testing/src/jest-environment.cjs",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2024", parser: { syntax: "typescript" } }, module: { type: "es6" } },
    ],
  },
  testTimeout: 30_000,
  maxWorkers: 2,
};

export default config;
