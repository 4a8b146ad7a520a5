import { join } from "node:path";
import { duties } from "../duties.ts";
import { breakIn, inTurn, loadProxy, type Scenario, type Timing } from "../measure.ts";
import { startProcess } from "../process.ts";
import { type MeasuredProxy, startBare } from "../proxies.ts";
import { startRecordingGateway, startSurroundings, temporaryFolder } from "../recording.ts";
import { say, table } from "../report.ts";
import { measuredCore, program } from "../services.ts";

const loads: readonly Scenario[] = [32, 256].map((connections) => ({
  mode: "blocking",
  bodyBytes: 200,
  connections,
}));

/** What a gateway's duties cost in the least code there is for them, and in ours. */
export async function tellOfDuties({ breakInMs, rounds, ...timing }: Timing): Promise<string> {
  say("measuring duties ...");
  await using stack = new AsyncDisposableStack();
  const proxies = await startProxies(stack);
  await breakIn(proxies, breakInMs, undefined, ["blocking"]);
  const rows: string[][] = proxies.map(({ name }) => [name]);
  for (const load of loads) {
    const measured = await inTurn(proxies, rounds, (proxy) =>
      loadProxy(proxy, { ...load, ...timing }),
    );
    const bareUs = measured.get("bare")?.cpuUs ?? Number.NaN;
    for (const [n, { name }] of proxies.entries()) {
      const cpuUs = measured.get(name)?.cpuUs ?? Number.NaN;
      rows[n]?.push(cpuUs.toFixed(0), (bareUs / cpuUs).toFixed(2));
    }
  }
  const head = loads.flatMap(({ connections }) => [`µs, ${connections}`, "ratio"]);
  return `CPU of a request of 0.2 KB, by number of connections, and the bare proxy's to it: of the least gateway, to which one duty after the other is added, and of ours with its record off and on; who takes that keeps nothing:\n\n${table(["proxy", ...head], rows)}`;
}

async function startProxies(stack: AsyncDisposableStack): Promise<readonly MeasuredProxy[]> {
  const surroundings = { ...(await startSurroundings(stack)), watchFirstBytes: false };
  const [upstreamUrl = ""] = Object.values(surroundings.upstreams);
  const folder = await temporaryFolder(stack);
  const proxies = [await startBare(stack, { upstreamUrl })];
  for (const [n, duty] of duties.entries()) {
    const args = [program("least-gateway"), upstreamUrl, String(n + 1), join(folder, String(n))];
    const process = stack.use(startProcess(measuredCore, args));
    const { url } = await process.nextLine<{ url: string }>();
    proxies.push({ name: `+ ${duty}`, process, url, path: "/v1/messages" });
  }
  const ours = (name: string, spool: string | undefined) =>
    startRecordingGateway(stack, name, { ...surroundings, spool });
  proxies.push(await ours("ours, record off", undefined));
  proxies.push(await ours("ours, record on", join(folder, "spool")));
  return proxies;
}
