import { openTestUserTools, serverAt } from "./test-user-tools.ts";

/**
 * The client that `@modelcontextprotocol/conformance` runs, with the URL of its
 * server as last argument: does what the gateway does, which is to list the
 * tools and to call them. Exits with 1 if a call did not come to an end.
 */
async function main(url: string): Promise<void> {
  await using user = openTestUserTools([serverAt(url)]);
  const { signal } = new AbortController();
  const toolbox = user.toolbox;
  for (const { name } of await toolbox.tools(signal)) {
    const { invocationError } = await toolbox.call(name, { a: 5, b: 3 }, signal);
    if (invocationError !== undefined) throw new Error(`${name}: ${invocationError}`);
  }
  if (user.log.some(({ level }) => level === "warn")) throw new Error(JSON.stringify(user.log));
}

await main(process.argv.at(-1) ?? "");
