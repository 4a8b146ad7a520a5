import { randomInt } from "node:crypto";

// biome-ignore lint/style/noProcessEnv: a test has no other edge to be told by which seed to repeat a run.
const { FAULTS_SEED } = process.env;

/** What decides the load. Shown in the test's title: `FAULTS_SEED=<seed> npm run test:faults` plans the same one. */
export const seed: number = FAULTS_SEED === undefined ? randomInt(2 ** 31) : Number(FAULTS_SEED);
