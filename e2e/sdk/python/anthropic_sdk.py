"""Talks to the gateway by the Anthropic SDK and prints what it got as JSON."""

import json
import sys

import anthropic

base_url, key = sys.argv[1:3]
client = anthropic.Anthropic(base_url=base_url, api_key=key, max_retries=0)


def ask(model):
    return {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]}


def error_of(call):
    try:
        call()
    except anthropic.APIError as error:
        status = getattr(error, "status_code", None)
        return {"class": type(error).__name__, "status": status, "message": error.message}
    return None


def streamed(model):
    with client.messages.stream(**ask(model)) as stream:
        return {"pieces": list(stream.text_stream), "message": stream.get_final_message()}


def tool_calls(message):
    return [
        {"id": block.id, "name": block.name, "input": block.input}
        for block in message.content
        if block.type == "tool_use"
    ]


def abort():
    with client.messages.stream(**ask("stall")) as stream:
        return next(iter(stream.text_stream))


whole = client.messages.create(**ask("text"))
stranger = client.with_options(api_key="a" * 10 + "-" + "b" * 22)
results = {
    "text": whole.content[0].text,
    "request_id": whole._request_id,
    "pieces": streamed("text")["pieces"],
    "tool": tool_calls(client.messages.create(**ask("tool"))),
    "tool_streamed": tool_calls(streamed("tool")["message"]),
    "errors": {
        status: error_of(lambda: client.messages.create(**ask(status)))
        for status in ["400", "401", "403", "404", "429", "500", "529"]
    },
    "stranger": error_of(lambda: stranger.messages.create(**ask("text"))),
    "unknown_route": error_of(lambda: client.messages.batches.list()),
    "broken": error_of(lambda: streamed("broken")),
    "aborted_after": abort(),
}
print(json.dumps(results))
