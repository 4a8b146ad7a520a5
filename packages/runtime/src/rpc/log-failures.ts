import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Logger } from "../log.ts";

/**
 * Logs what clients are not told. An error that is not a `ConnectError` reaches
 * them as "internal error"; without this line nobody would ever see it.
 */
export function logFailures(log: Logger): Interceptor {
  return (next) => async (request) => {
    const note = (err: unknown) => {
      if (err instanceof ConnectError && !ours.has(err.code)) return;
      log.error({ err, rpc: `${request.service.typeName}/${request.method.name}` }, "rpc failed");
    };
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: noting(response.message, note) } : response;
    } catch (error) {
      note(error);
      throw error;
    }
  };
}

/** The codes that mean a fault of ours, not of the caller or the surroundings. */
const ours: ReadonlySet<Code> = new Set([Code.Internal, Code.Unknown, Code.DataLoss]);

async function* noting<T>(
  messages: AsyncIterable<T>,
  note: (error: unknown) => void,
): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    note(error);
    throw error;
  }
}
