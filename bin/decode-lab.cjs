#!/usr/bin/env node
// CommonJS, because an ES module has started Node's thread pool before its first line: rows run on that pool, one per core.
const { availableParallelism } = require("node:os");

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));

import("../dist/cli.js").then(async ({ main }) => {
  process.exitCode = await main(process.argv.slice(2));
});
