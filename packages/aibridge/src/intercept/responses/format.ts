import { createAnswerReader } from "../answer-reader.ts";
import type { Format } from "../format.ts";
import { answeredCall, continueWith, resume } from "./continue.ts";
import { eventsFrom, ResponseFold, readTurn } from "./fold.ts";
import { inject } from "./inject.ts";
import { createReducer } from "./reducer.ts";
import { requestFacts } from "./request.ts";
import { createTranslator } from "./translate.ts";
import { eventsFromAnswer } from "./whole-answer.ts";

/** The OpenAI Responses API: https://platform.openai.com/docs/api-reference/responses */
export const responses: Format = {
  name: "responses",
  requestFacts,
  createReader: (kind) => createAnswerReader(kind, { createReducer, eventsFromAnswer }),
  streamError: (message) => {
    const data = { type: "error", code: "server_error", message, param: null };
    return Buffer.from(`event: error\ndata: ${JSON.stringify(data)}\n\n`);
  },
  tools: {
    inject,
    eventsFrom,
    createFold: () => new ResponseFold(),
    readTurn,
    createTranslator,
    continueWith,
    answeredCall,
    resume,
    keepAlive: ": keep-alive\n\n",
  },
};
