import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { withIncludeUsage } from "./include-usage.ts";

const added: readonly (readonly [string, string])[] = [
  ['{"stream":true}', '{"stream_options":{"include_usage":true},"stream":true}'],
  [
    ' {\n  "stream" : true }\n',
    ' {"stream_options":{"include_usage":true},\n  "stream" : true }\n',
  ],
  [
    '{"stream":true,"stream_options":{}}',
    '{"stream":true,"stream_options":{"include_usage":true}}',
  ],
  [
    '{"stream_options" : { "include_obfuscation":false } ,"stream":true}',
    '{"stream_options" : {"include_usage":true, "include_obfuscation":false } ,"stream":true}',
  ],
  [
    '{"stream_options":{"a":[{"include_usage":1}],"include_usage": false},"stream":true}',
    '{"stream_options":{"a":[{"include_usage":1}],"include_usage": true},"stream":true}',
  ],
  [
    '{"stream":true,"stream_options":null}',
    '{"stream":true,"stream_options":{"include_usage":true}}',
  ],
  [
    '{"a":"\\"stream_options\\":{","stream_options":{},"b":{"stream_options":1},"stream":true}',
    '{"a":"\\"stream_options\\":{","stream_options":{"include_usage":true},"b":{"stream_options":1},"stream":true}',
  ],
  [
    '{"stream":true,"stream\\u005foptions":{}}',
    '{"stream":true,"stream\\u005foptions":{"include_usage":true}}',
  ],
  [
    '{"stream_options":{},"stream":true,"stream_options":{"x":1}}',
    '{"stream_options":{},"stream":true,"stream_options":{"include_usage":true,"x":1}}',
  ],
  [
    '{"x":1e3,"e":"é😀","stream":true}',
    '{"stream_options":{"include_usage":true},"x":1e3,"e":"é😀","stream":true}',
  ],
];

test.each(added)("%s asks for usage as %s", (before, after) => {
  const result = withIncludeUsage(Buffer.from(before), JSON.parse(before));
  expect([result.body.toString(), result.added]).toEqual([after, true]);
});

test.each([
  "{}",
  "[]",
  '{"stream":false}',
  '{"stream":"true"}',
  '{"stream":true,"stream_options":{"include_usage":true}}',
  '{"stream":true,"stream_options":"include_usage"}',
])("%s is not touched", (text) => {
  const body = Buffer.from(text);
  expect(withIncludeUsage(body, JSON.parse(text))).toEqual({ body, added: false });
  expect(withIncludeUsage(body, JSON.parse(text)).body).toBe(body);
});

test("whatever else a streaming request says, it says after", () => {
  const options = fc.oneof(
    fc.constant(undefined),
    fc.constant(null),
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.record({ include_usage: fc.jsonValue(), more: fc.jsonValue() }),
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
      fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
      options,
      fc.constantFrom(undefined, 2, "\t"),
      (before, behind, stream_options, indent) => {
        const request = { ...before, stream_options, ...behind, stream: true };
        const text = JSON.stringify(request, null, indent);
        const { body } = withIncludeUsage(Buffer.from(text), JSON.parse(text));
        const asked = { ...request.stream_options, include_usage: true };
        // The order of members carries no meaning.
        expect(JSON.parse(body.toString())).toEqual(
          JSON.parse(JSON.stringify({ ...request, stream_options: asked })),
        );
      },
    ),
  );
});
