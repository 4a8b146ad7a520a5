/** The one model. Any other name is accepted as well, as the script does not care. */
const demoModel = "aibridge-demo";

/** `GET /v1/models` of the Anthropic API. https://docs.anthropic.com/en/api/models-list */
export const anthropicModels = {
  data: [
    {
      type: "model",
      id: demoModel,
      display_name: "aibridge demo",
      created_at: "2026-01-01T00:00:00Z",
    },
  ],
  has_more: false,
  first_id: demoModel,
  last_id: demoModel,
};

/** `GET /v1/models` of the OpenAI API. https://platform.openai.com/docs/api-reference/models/list */
export const openaiModels = {
  object: "list",
  data: [{ id: demoModel, object: "model", created: 1_767_225_600, owned_by: "aibridge" }],
};

/** The model of a request, to be said back. */
export function modelOf({ model }: Readonly<Record<string, unknown>>): string {
  return typeof model === "string" && model !== "" ? model : demoModel;
}
