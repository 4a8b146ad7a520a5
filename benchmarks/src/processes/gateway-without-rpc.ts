import { announce } from "../announce.ts";
import { startStandaloneGateway } from "../standalone-gateway.ts";

/**
 * The gateway with the answer of coderd at hand: what it costs by itself. Its
 * argument is the upstream's URL.
 */
const [upstreamUrl = ""] = process.argv.slice(2);
const url = await startStandaloneGateway({ anthropic: upstreamUrl });
announce({ url });
