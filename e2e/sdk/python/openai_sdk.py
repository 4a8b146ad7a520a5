"""Talks to the gateway by the OpenAI SDK and prints what it got as JSON."""

import json
import sys

import openai

base_url, key = sys.argv[1:3]
client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0)


def chat(model, **extra):
    messages = [{"role": "user", "content": "hi"}]
    return client.chat.completions.create(model=model, messages=messages, **extra)


def response(model, **extra):
    return client.responses.create(model=model, input="hi", **extra)


def error_of(call):
    try:
        call()
    except openai.APIError as error:
        status = getattr(error, "status_code", None)
        return {"class": type(error).__name__, "status": status, "message": error.message}
    return None


def tool_call(call):
    return {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}


def chat_pieces(model):
    return [chunk.choices[0].delta.content or "" for chunk in chat(model, stream=True)]


def response_pieces(model):
    events = response(model, stream=True)
    return [event.delta for event in events if event.type == "response.output_text.delta"]


def abort(stream):
    with stream:
        next(iter(stream))
    return True


whole = chat("text")
called = response("tool").output[0]
stranger = client.with_options(api_key="a" * 10 + "-" + "b" * 22)
results = {
    "chat": whole.choices[0].message.content,
    "request_id": whole._request_id,
    "chat_pieces": chat_pieces("text"),
    "chat_tool": tool_call(chat("tool").choices[0].message.tool_calls[0]),
    "response": response("text").output_text,
    "response_pieces": response_pieces("text"),
    "response_tool": {"id": called.call_id, "name": called.name, "arguments": called.arguments},
    "errors": {
        status: error_of(lambda: chat(status))
        for status in ["400", "401", "403", "404", "429", "500", "503"]
    },
    "stranger": error_of(lambda: stranger.models.list()),
    "unknown_route": error_of(lambda: client.files.list()),
    "broken": error_of(lambda: chat_pieces("broken")),
    "aborted": [abort(chat("stall", stream=True)), abort(response("stall", stream=True))],
}
print(json.dumps(results))
