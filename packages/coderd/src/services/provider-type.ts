import { ProviderType as ProviderTypeMessage } from "@aibridge/proto/coder/aibridge/v1/provider";
import type { ProviderType } from "../store/schema.ts";
import { invalidArgument } from "./validate.ts";

const messages: Readonly<Record<ProviderType, ProviderTypeMessage>> = {
  anthropic: ProviderTypeMessage.ANTHROPIC,
  openai: ProviderTypeMessage.OPENAI,
};

/** The public APIs. That of an openai provider includes `/v1` (wire.md, section 5). */
export const publicBaseUrls: Readonly<Record<ProviderType, string>> = {
  anthropic: "https://api.anthropic.com",
  openai: "https://api.openai.com/v1",
};

/** The type as messages have it. */
export function providerTypeMessage(type: ProviderType): ProviderTypeMessage {
  return messages[type];
}

/** The type that a message names; throws invalid_argument. */
export function providerTypeFrom(message: ProviderTypeMessage): ProviderType {
  if (message === ProviderTypeMessage.ANTHROPIC) return "anthropic";
  if (message === ProviderTypeMessage.OPENAI) return "openai";
  throw invalidArgument("type", "must be anthropic or openai");
}
