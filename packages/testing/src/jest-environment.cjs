"use strict";

const NodeEnvironment = require("jest-environment-node").TestEnvironment;

/**
 * Jest runs tests in a vm context with error classes of its own, while what
 * Node's core throws (a refused connection, say) is made of the outer ones:
 * `error instanceof Error` is then false, and libraries that ask (connect-node
 * maps ECONNREFUSED to `unavailable` this way) take another path than in
 * production. Here the sandbox shares the outer classes, so a test sees what a
 * process would.
 */
class SharedErrorsEnvironment extends NodeEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of [
      "Error",
      "AggregateError",
      "EvalError",
      "RangeError",
      "ReferenceError",
      "SyntaxError",
      "TypeError",
      "URIError",
      "SuppressedError",
      // Its errors are outer TypeErrors and the like: PGlite tells them by class.
      "WebAssembly",
    ]) {
      if (name in globalThis) this.global[name] = globalThis[name];
    }
  }
}

module.exports = SharedErrorsEnvironment;
