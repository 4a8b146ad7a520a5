export { type AibridgedConfig, parseAibridgedConfig } from "./config.ts";
export { runAibridged } from "./run.ts";
