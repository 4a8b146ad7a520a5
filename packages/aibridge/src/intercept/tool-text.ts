import type { ToolContent } from "../mcp/toolbox.ts";

/** The kinds of images that all providers take. */
const imageTypes: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
]);

/** Whether a block of a result is an image that a model can look at. */
export function isImage(
  block: ToolContent,
): block is Extract<ToolContent, { readonly type: "image" }> {
  return block.type === "image" && imageTypes.has(block.mimeType);
}

/** A block of a result in words; of what has none, what it is. */
export function textOfBlock(block: ToolContent): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "resource":
      return (
        block.text ?? `[${block.uri}: ${block.mimeType ?? "binary"} data, which can't be shown]`
      );
    case "resource_link":
      return `[${block.name}: ${block.uri}]`;
    default:
      return `[${block.mimeType} data, which can't be shown]`;
  }
}

/** A result in words alone. Never empty, for providers refuse an empty text. */
export function textOfResult(content: readonly ToolContent[]): string {
  return content.map(textOfBlock).join("\n") || "(no output)";
}
