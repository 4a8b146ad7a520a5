import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { MCPConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { ProviderConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { RecorderService } from "@aibridge/proto/coder/aibridge/v1/recorder";
import type { Logger } from "@aibridge/runtime";
import { Code, type ConnectError, type Interceptor } from "@connectrpc/connect";
import { callerKeyIdKey } from "../auth/caller.ts";
import { connectErrorFrom } from "./errors.ts";

/**
 * The outermost interceptor: turns whatever was thrown into what callers see,
 * and writes one line for each call, at its end. What requests and answers say
 * is never in it, nor any key; the caller is named by the id of their key.
 */
export function logCalls(log: Logger): Interceptor {
  return (next) => async (request) => {
    const startMs = performance.now();
    const write = (error?: ConnectError) => {
      const level = levelOf(request.service.typeName, error);
      log[level](
        {
          service: request.service.typeName,
          method: request.method.name,
          code: error === undefined ? "ok" : codeName(error.code),
          durationMs: Math.round((performance.now() - startMs) * 1000) / 1000,
          callerKeyId: request.contextValues.get(callerKeyIdKey),
          ...(error?.cause !== undefined && { err: error.cause }),
        },
        "call",
      );
    };
    try {
      const response = await next(request);
      if (response.stream) return { ...response, message: untilEnd(response.message, write) };
      write();
      return response;
    } catch (thrown) {
      const error = connectErrorFrom(thrown);
      write(error);
      throw error;
    }
  };
}

/** Passes the messages on, and writes the line when they end, or the caller leaves. */
async function* untilEnd<T>(
  messages: AsyncIterable<T>,
  write: (error?: ConnectError) => void,
): AsyncGenerator<T> {
  let error: ConnectError | undefined;
  try {
    yield* messages;
  } catch (thrown) {
    error = connectErrorFrom(thrown);
    throw error;
  } finally {
    write(error);
  }
}

/** Gateways call too often to read of it: with each request, and each second. */
const calledByGateways: ReadonlySet<string> = new Set([
  AuthorizerService.typeName,
  MCPConfiguratorService.typeName,
  ProviderConfiguratorService.typeName,
  RecorderService.typeName,
]);

function levelOf(
  service: string,
  error: ConnectError | undefined,
): "debug" | "info" | "warn" | "error" {
  if (error === undefined) return calledByGateways.has(service) ? "debug" : "info";
  if (error.code === Code.Internal || error.code === Code.Unknown) return "error";
  return error.code === Code.Unavailable ? "warn" : "info";
}

/** The code as it is on the wire: `permission_denied`. */
function codeName(code: Code): string {
  return (Code[code] ?? "unknown").replace(/(?<=[a-z])[A-Z]/g, "_$&").toLowerCase();
}
