import type { ContentPrivacy } from "../record/events.ts";
import type { PrivacyPolicy } from "./privacy-policy.ts";

/** The policy as a configuration holds it: flat, one entry for each variable. */
export interface PrivacySettings {
  readonly recordPrompts: ContentPrivacy;
  readonly recordPromptsByProvider: ReadonlyMap<string, ContentPrivacy> | undefined;
  readonly recordToolArguments: ContentPrivacy;
  readonly recordToolArgumentsByProvider: ReadonlyMap<string, ContentPrivacy> | undefined;
  readonly recordThoughts: ContentPrivacy;
  readonly recordThoughtsByProvider: ReadonlyMap<string, ContentPrivacy> | undefined;
}

const none: ReadonlyMap<string, ContentPrivacy> = new Map();

/** The policy that these settings mean. */
export function privacyPolicyFrom(settings: PrivacySettings): PrivacyPolicy {
  return {
    prompt: {
      everywhere: settings.recordPrompts,
      byProvider: settings.recordPromptsByProvider ?? none,
    },
    toolArguments: {
      everywhere: settings.recordToolArguments,
      byProvider: settings.recordToolArgumentsByProvider ?? none,
    },
    thought: {
      everywhere: settings.recordThoughts,
      byProvider: settings.recordThoughtsByProvider ?? none,
    },
  };
}
