export { fieldOf, startAibridge } from "./harness/aibridge.ts";
export { type Coderd, type ServingGateway, startCoderd, startGateway } from "./harness/apart.ts";
export { bootstrap, type FirstKeys } from "./harness/bootstrap.ts";
export { type CoderdClients, coderdClients } from "./harness/clients.ts";
export type { Line } from "./harness/json-lines.ts";
export { type Pair, type PairOptions, type PairProvider, startPair } from "./harness/pair.ts";
export { type ServingCoderd, serveCoderd } from "./harness/serve-coderd.ts";
export { type Exit, type ProcessOptions, StartedProcess } from "./harness/started-process.ts";
