import type { Config } from "jest";

/** One suite, run from source: swc strips the types, Node's own ESM loads it. */
const config: Config = {
  roots: ["packages", "e2e", "benchmarks", "examples", "docs"].map(
    (folder) => `<rootDir>/${folder}`,
  ),
  testMatch: ["**/*.test.ts"],
  // They take minutes and all of the machine: `npm run test:faults`.
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/e2e/faults/"],
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
