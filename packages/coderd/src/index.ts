export { type Bootstrap, bootstrap } from "./bootstrap.ts";
export { type CoderdConfig, parseCoderdConfig } from "./config.ts";
export { openStore, runCoderd } from "./run.ts";
export type { Store } from "./store/store.ts";
