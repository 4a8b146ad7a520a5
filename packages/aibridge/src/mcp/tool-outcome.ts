import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";
import type { ToolContent, ToolOutcome } from "./toolbox.ts";

/** So many blocks that only a fault makes more. */
const blocksMax = 1_000;

/**
 * What a model is told of a result: its content, in order, until `bytesMax` is
 * used up. What is cut or left out says so in its place. A result with nothing
 * but structured content becomes that content's JSON.
 */
export function outcomeFrom(result: CallToolResult, bytesMax: number): ToolOutcome {
  const { content, structuredContent, isError = false } = result;
  const blocks: readonly ContentBlock[] =
    content.length === 0 && structuredContent !== undefined
      ? [{ type: "text", text: JSON.stringify(structuredContent) }]
      : content;
  return { content: boundedContent(blocks, bytesMax), isError, invocationError: undefined };
}

/** The outcome of a call that could not be made, or did not end. */
export function failedOutcome(why: string): ToolOutcome {
  const text = `The tool call failed: ${why}.`;
  return { content: [{ type: "text", text }], isError: true, invocationError: why };
}

function boundedContent(blocks: readonly ContentBlock[], bytesMax: number): ToolContent[] {
  const kept: ToolContent[] = [];
  let left = bytesMax;
  for (const block of blocks.slice(0, blocksMax)) {
    const { content, bytes } = bounded(toolContentFrom(block), left);
    kept.push(content);
    left = Math.max(0, left - bytes);
  }
  const more = blocks.length - kept.length;
  if (more > 0) kept.push(textContent(`[${more} more blocks of this result were left out]`));
  return kept;
}

function toolContentFrom(block: ContentBlock): ToolContent {
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text };
    case "image":
    case "audio":
      return { type: block.type, data: block.data, mimeType: block.mimeType };
    case "resource_link":
      return { type: "resource_link", uri: block.uri, name: block.name };
    case "resource": {
      const { uri, mimeType } = block.resource;
      const text = "text" in block.resource ? block.resource.text : undefined;
      const blob = "blob" in block.resource ? block.resource.blob : undefined;
      return { type: "resource", uri, mimeType, text, blob };
    }
  }
}

/** What of a block fits into the bytes that are left. */
function bounded(content: ToolContent, left: number): { content: ToolContent; bytes: number } {
  const bytes = bytesOf(content);
  if (bytes <= left) return { content, bytes };
  if (content.type === "text") return { content: textContent(cut(content.text, left)), bytes };
  if (content.type === "resource" && content.text !== undefined) {
    const others = bytes - Buffer.byteLength(content.text);
    if (others < left)
      return { content: { ...content, text: cut(content.text, left - others) }, bytes };
  }
  return { content: textContent(leftOut(content, bytes)), bytes: 0 };
}

function bytesOf(content: ToolContent): number {
  const { type, ...texts } = content;
  return Object.values(texts).reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), 0);
}

function leftOut(content: ToolContent, bytes: number): string {
  const kind = "mimeType" in content && content.mimeType ? content.mimeType : content.type;
  return `[${kind.slice(0, 100)} of ${bytes} bytes left out: this result is too large]`;
}

/** The text's first bytes, ended where a character ends, and how much that is of it. */
function cut(text: string, bytesMax: number): string {
  const bytes = Buffer.byteLength(text);
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax));
  return `${text.slice(0, read)}\n[cut here: ${bytesMax} of ${bytes} bytes are shown]`;
}

function textContent(text: string): ToolContent {
  return { type: "text", text };
}
