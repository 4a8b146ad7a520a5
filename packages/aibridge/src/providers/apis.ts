import { chatCompletions } from "../intercept/chat-completions/format.ts";
import type { Format } from "../intercept/format.ts";
import { messages } from "../intercept/messages/format.ts";
import { responses } from "../intercept/responses/format.ts";
import type { ProviderType } from "./provider.ts";

/** What a type of provider serves, and how it is told who pays (wire.md, section 5). */
export interface ProviderApi {
  /** What the gateway's path has between the provider's name and the rest. */
  readonly pathPrefix: string;
  /** Paths after the prefix that are intercepted when POSTed to. */
  readonly bridged: Readonly<Record<string, Format>>;
  /**
   * Paths after the prefix that are relayed unread, with any method; one that
   * ends in `/*` stands for all below it. An allow-list, because the configured
   * credential may be an administrator's.
   */
  readonly passthrough: readonly string[];
  /** The header that carries the gateway's credential, and its value. */
  credentialHeader(credential: string): readonly [name: string, value: string];
  /** The headers, best first, in which a user's own credential may come. */
  readonly ownCredentialHeaders: readonly string[];
}

export const providerApis: Readonly<Record<ProviderType, ProviderApi>> = {
  anthropic: {
    pathPrefix: "",
    bridged: { "/v1/messages": messages },
    passthrough: [
      "/v1/models",
      "/v1/models/*",
      "/v1/messages/count_tokens",
      "/api/event_logging/*",
    ],
    credentialHeader: (credential) => ["x-api-key", credential],
    ownCredentialHeaders: ["x-api-key", "authorization"],
  },
  openai: {
    pathPrefix: "/v1",
    bridged: { "/chat/completions": chatCompletions, "/responses": responses },
    passthrough: ["/models", "/models/*", "/conversations", "/conversations/*", "/responses/*"],
    credentialHeader: (credential) => ["authorization", `Bearer ${credential}`],
    ownCredentialHeaders: ["authorization"],
  },
};
