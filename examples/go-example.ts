import { join } from "node:path";
import { type ClientExample, examplePath, failureOf, runTool } from "./client-example.ts";

/** `examples/go`, if there is a Go that can get its modules. */
export async function goExample(): Promise<ClientExample> {
  return {
    language: "Go",
    missing: await failureOf("no Go with the modules", runTool("go", ["mod", "download"], "go")),
    async build(folder) {
      const program = join(folder, "is-authorized");
      await runTool("go", ["build", "-o", program, "."], "go");
      return [program];
    },
    async generate(folder) {
      await runTool(examplePath("../node_modules/.bin/buf"), ["generate", "-o", folder], "go");
    },
    committed: examplePath("go/gen"),
  };
}
