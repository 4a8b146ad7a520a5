import { runWithDelegatedApiKeyId, type TransportFactory } from "@aibridge/aibridge";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

/**
 * Asks a model of each provider one question as the user who owns a key, and
 * prints the answers. The SDKs are the official ones; only their `fetch` is
 * ours. Rejects with the SDKs' own errors.
 *
 * @param apiKeyId the part of the user's key before the dash: no secret
 */
export async function askBoth(transports: TransportFactory, apiKeyId: string): Promise<void> {
  await runWithDelegatedApiKeyId(apiKeyId, async () => {
    const anthropic = new Anthropic({
      fetch: transports.transportFor("anthropic", "example"),
      ...unused("https://api.anthropic.com"),
    });
    const message = await anthropic.messages.create({
      model: "claude-sonnet-5-5",
      max_tokens: 100,
      messages: [{ role: "user", content: "Say hello." }],
    });
    for (const block of message.content) if (block.type === "text") print("anthropic", block.text);

    const openai = new OpenAI({
      fetch: transports.transportFor("openai", "example"),
      ...unused("https://api.openai.com/v1"),
    });
    const completion = await openai.chat.completions.create({
      model: "gpt-5",
      messages: [{ role: "user", content: "Say hello." }],
    });
    print("openai", completion.choices[0]?.message.content ?? "");
  });
}

/**
 * What the SDKs insist on. Of the URL only the path counts, and the gateway
 * takes the key off and adds the provider's own. Both are set here, because the
 * SDKs would otherwise read them from the environment.
 */
function unused(baseURL: string) {
  return { baseURL, apiKey: "unused" };
}

function print(provider: string, text: string): void {
  process.stdout.write(`${provider}: ${text}\n`);
}
