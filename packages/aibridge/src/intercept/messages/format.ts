import { createAnswerReader } from "../answer-reader.ts";
import type { Format } from "../format.ts";
import { answeredCall, continueWith, resume } from "./continue.ts";
import { eventsFrom, MessageFold, readTurn } from "./fold.ts";
import { inject } from "./inject.ts";
import { createReducer } from "./reducer.ts";
import { requestFacts } from "./request.ts";
import { createTranslator } from "./translate.ts";
import { eventsFromAnswer } from "./whole-answer.ts";

/** The Anthropic Messages API: https://platform.claude.com/docs/en/api/messages */
export const messages: Format = {
  name: "messages",
  requestFacts,
  createReader: (kind) => createAnswerReader(kind, { createReducer, eventsFromAnswer }),
  streamError: (message) => {
    const data = { type: "error", error: { type: "api_error", message } };
    return Buffer.from(`event: error\ndata: ${JSON.stringify(data)}\n\n`);
  },
  tools: {
    inject,
    eventsFrom,
    createFold: () => new MessageFold(),
    readTurn,
    createTranslator,
    continueWith,
    answeredCall,
    resume,
    keepAlive: 'event: ping\ndata: {"type": "ping"}\n\n',
  },
};
