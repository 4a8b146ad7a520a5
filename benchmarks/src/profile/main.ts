import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { ProfiledTime } from "../probe.ts";
import { startBare, startGateway } from "../proxies.ts";
import { machine, say } from "../report.ts";
import { program, startServices } from "../services.ts";
import { loads } from "./loads.ts";
import { tellOfProfile } from "./report.ts";

/**
 * `npm run bench:profile`: where the gateway's time goes under a load, as
 * Markdown: self time by package, by file and by function. Idle time is in no
 * percentage.
 *
 * - `--load`: `small`, `large`, `stream` or `streams`
 * - `--bare`: of the bare proxy instead, to compare with
 * - `--seconds`, `--top`: for how long, and how many lines the tables have
 * - `--out`, `--save`: files for the tables, and for the profile as DevTools open it
 */
const { values: flags } = parseArgs({
  options: {
    load: { type: "string", default: "small" },
    bare: { type: "boolean", default: false },
    seconds: { type: "string", default: "10" },
    top: { type: "string", default: "25" },
    out: { type: "string" },
    save: { type: "string" },
  },
});
const load = loads[flags.load];
if (load === undefined) throw new Error(`--load takes one of ${Object.keys(loads).join(", ")}`);

const origin = machine();
await using stack = new AsyncDisposableStack();
const upstream = [program(load.keepsStreamsOpen ? "stream-upstream" : "upstream")];
const services = await startServices(stack, upstream);
const proxy = await (flags.bare ? startBare : startGateway)(stack, services);
say(`profiling ${proxy.name}: ${load.what} ...`);
let profiled: ProfiledTime | undefined;
const served = await load.run(proxy, services.apiKey, Number(flags.seconds) * 1_000, {
  onWarm: () => proxy.process.ask("start profile"),
  onLoaded: async () => {
    profiled = await proxy.process.ask("stop profile");
  },
});
if (profiled === undefined) throw new Error("there is no profile");
if (flags.save) writeFileSync(flags.save, JSON.stringify(profiled.profile));
const head = `Profiled on ${origin}: ${proxy.name}, ${load.what}, for ${flags.seconds} s.`;
const figures = tellOfProfile(profiled, { unit: load.unit, served, top: Number(flags.top) });
const report = `${head} ${figures}\n`;
process.stdout.write(report);
if (flags.out) writeFileSync(flags.out, report);
