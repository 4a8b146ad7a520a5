import { agents, sdk } from "./requirements/clients.ts";
import { administration, authorizer, keys, watches } from "./requirements/coderd.ts";
import { delegation, transports } from "./requirements/delegation.ts";
import { door } from "./requirements/door.ts";
import { faults } from "./requirements/faults.ts";
import { hostile } from "./requirements/hostile.ts";
import { limits } from "./requirements/limits.ts";
import { gatewayLiveness } from "./requirements/liveness.ts";
import { mcpLogins, mcpServers } from "./requirements/mcp-coderd.ts";
import { mcpConnections } from "./requirements/mcp-connections.ts";
import { operation, outages, revocation } from "./requirements/operation.ts";
import { partitions } from "./requirements/partitions.ts";
import { providers, relay } from "./requirements/providers.ts";
import { record } from "./requirements/record.ts";
import { toolLoop } from "./requirements/tool-loop.ts";
import { workers } from "./requirements/workers.ts";

/** A behaviour that we promise. */
export interface Requirement {
  /** One sentence that is either true or not. */
  readonly text: string;
  /** Where it comes from: a section of the design, the issue, or an RFC. */
  readonly source: string;
}

/**
 * Every behaviour that we promise, by id. A test cites the ids that it proves
 * (proves.ts says how), and `requirements.test.ts` fails for an id that no
 * test proves.
 */
export const requirements = {
  ...keys,
  ...authorizer,
  ...watches,
  ...administration,
  ...door,
  ...delegation,
  ...transports,
  ...providers,
  ...relay,
  ...record,
  ...mcpConnections,
  ...toolLoop,
  ...mcpServers,
  ...mcpLogins,
  ...revocation,
  ...limits,
  ...hostile,
  ...gatewayLiveness,
  ...outages,
  ...partitions,
  ...faults,
  ...operation,
  ...workers,
  ...agents,
  ...sdk,
} as const satisfies Readonly<Record<string, Requirement>>;

/** The id of a requirement. */
export type RequirementId = keyof typeof requirements;
