import { createAnswerReader } from "../answer-reader.ts";
import type { Format } from "../format.ts";
import { answeredCall, continueWith, resume } from "./continue.ts";
import { ChatFold, eventsFrom, readTurn } from "./fold.ts";
import { inject } from "./inject.ts";
import { createReducer } from "./reducer.ts";
import { requestFacts } from "./request.ts";
import { createTranslator } from "./translate.ts";
import { eventsFromAnswer } from "./whole-answer.ts";

/** The OpenAI Chat Completions API: https://platform.openai.com/docs/api-reference/chat */
export const chatCompletions: Format = {
  name: "chat-completions",
  requestFacts,
  createReader: (kind) => createAnswerReader(kind, { createReducer, eventsFromAnswer }),
  // No `[DONE]` after it: that would say that the answer is complete.
  streamError: (message) => {
    const data = { error: { message, type: "server_error", param: null, code: null } };
    return Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
  },
  tools: {
    inject,
    eventsFrom,
    createFold: () => new ChatFold(),
    readTurn,
    createTranslator,
    continueWith,
    answeredCall,
    resume,
    keepAlive: ": keep-alive\n\n",
  },
};
