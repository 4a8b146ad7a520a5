import { BatchRefusedError, type EncodedEvent, type Ship } from "@aibridge/aibridge";
import {
  type RecordEventsRequest,
  RecordEventsRequestSchema,
  RecorderService,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { create } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";

/**
 * Ships events, in the bytes of `eventCodec`, to coderd's RecorderService. The
 * batch is at fault only if coderd says invalid_argument, or that it is too
 * large; all else is no answer, and is worth another attempt.
 */
export function createRpcShipper(transport: Transport): Ship {
  const client = createClient(RecorderService, transport);
  return async (events, signal) => {
    try {
      const { rejected } = await client.recordEvents(requestOf(events), { signal });
      return { rejected };
    } catch (error) {
      if (isBatchAtFault(ConnectError.from(error), events)) {
        throw new BatchRefusedError(ConnectError.from(error).rawMessage, { cause: error });
      }
      throw error;
    }
  };
}

const eventsField = RecordEventsRequestSchema.field.events.number;

/**
 * Of events that are bytes already. Protobuf writes a field that it doesn't
 * know as it is, so this one is made to look unknown.
 */
function requestOf(events: readonly EncodedEvent[]): RecordEventsRequest {
  const request = create(RecordEventsRequestSchema);
  request.$unknown = events.map(({ bytes: data }) => ({
    no: eventsField,
    wireType: WireType.LengthDelimited,
    data,
  }));
  return request;
}

/** What coderd takes in one message. */
const messageBytesMax = 1_024 * 1_024;

/**
 * resource_exhausted is also what an overloaded server says, so a single event
 * is only given up if it is large indeed. Halving a batch loses nothing.
 */
function isBatchAtFault({ code }: ConnectError, events: readonly EncodedEvent[]): boolean {
  if (code === Code.InvalidArgument) return true;
  if (code !== Code.ResourceExhausted) return false;
  const [only, ...others] = events;
  if (!only || others.length > 0) return true;
  return only.bytes.length > messageBytesMax * 0.9;
}
