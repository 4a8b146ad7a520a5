import {
  BatchRefusedError,
  type RecordEvent,
  type RejectedEvent,
  type Ship,
} from "@aibridge/aibridge";
import {
  type RecordEvent as RecordEventMessage,
  RecordEventSchema,
  RecorderService,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { messageFromEvent } from "./event-message.ts";

/**
 * Ships events to coderd's RecorderService. An event that can't be made a
 * message is rejected by itself. The batch is at fault only if coderd says
 * invalid_argument, or that it is too large; all else is no answer, and is
 * worth another attempt.
 */
export function createRpcShipper(transport: Transport): Ship {
  const client = createClient(RecorderService, transport);
  return async (events, signal) => {
    const { messages, unfit } = convert(events);
    try {
      const answer =
        messages.length > 0
          ? await client.recordEvents({ events: messages }, { signal })
          : undefined;
      return { rejected: [...unfit, ...(answer?.rejected ?? [])] };
    } catch (error) {
      if (isBatchAtFault(ConnectError.from(error), messages)) {
        throw new BatchRefusedError(ConnectError.from(error).rawMessage, { cause: error });
      }
      throw error;
    }
  };
}

function convert(events: readonly RecordEvent[]) {
  const messages: RecordEventMessage[] = [];
  const unfit: RejectedEvent[] = [];
  for (const event of events) {
    try {
      messages.push(create(RecordEventSchema, messageFromEvent(event)));
    } catch (error) {
      unfit.push({ id: event.id, reason: `can't be sent: ${ConnectError.from(error).rawMessage}` });
    }
  }
  return { messages, unfit };
}

/** What coderd takes in one message. */
const messageBytesMax = 1_024 * 1_024;

/**
 * resource_exhausted is also what an overloaded server says, so a single event
 * is only given up if it is large indeed. Halving a batch loses nothing.
 */
function isBatchAtFault({ code }: ConnectError, messages: readonly RecordEventMessage[]): boolean {
  if (code === Code.InvalidArgument) return true;
  if (code !== Code.ResourceExhausted) return false;
  const [only, ...others] = messages;
  if (!only || others.length > 0) return true;
  return toBinary(RecordEventSchema, only).length > messageBytesMax * 0.9;
}
