/** A tool of an MCP server, as the model sees it. */
export interface InjectedTool {
  /** `bmcp_<server id>_<tool>`, at most 64 characters of [A-Za-z0-9_-]. Unique in its toolbox. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments, as the server gave it. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly serverId: string;
  readonly serverUrl: string;
  /** The name by which its server knows it. */
  readonly toolName: string;
}

/** What came of a call. Never thrown: the model is told of failures, too. */
export interface ToolOutcome {
  /** In MCP's content blocks; bounded in size: what was cut says so. */
  readonly content: readonly ToolContent[];
  readonly isError: boolean;
  /** Why the call could not be made or ended; undefined if the server answered. For the record. */
  readonly invocationError: string | undefined;
}

/** A block of MCP's content, less what no model is told. */
export type ToolContent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly data: string; readonly mimeType: string }
  | { readonly type: "audio"; readonly data: string; readonly mimeType: string }
  | {
      readonly type: "resource";
      readonly uri: string;
      readonly mimeType: string | undefined;
      readonly text: string | undefined;
      readonly blob: string | undefined;
    }
  | { readonly type: "resource_link"; readonly uri: string; readonly name: string };

/** The tools of one user. */
export interface Toolbox {
  /** What has arrived by now, in a stable order. Waits only for the first time, and then at most for the bound. */
  tools(signal: AbortSignal): Promise<readonly InjectedTool[]>;
  /** Calls a tool by the name the model knows. `signal` cancels the call at the server too. */
  call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<ToolOutcome>;
  close(): Promise<void>;
}
