// Runs launches through one addon file in a process of its own, where a sanitizer may be preloaded and a crash is only its own.
// Standard input: a JSON array of launches, bytes in base64. Standard output: one JSON line per launch.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const addon = createRequire(import.meta.url)(process.argv[2]);
const launches = JSON.parse(await text(process.stdin));

for (const { params, ...launch } of launches) {
  const native = params.map((param) =>
    param.kind === "null" ? param : { ...param, bytes: Uint8Array.from(Buffer.from(param.bytes, "base64")) },
  );
  const answer = await addon.run({ ...launch, params: native }).then(
    (result) => ({ result, bytes: native.map(({ bytes }) => bytes && Buffer.from(bytes).toString("base64")) }),
    ({ code, line, message }) => ({ refused: { code, line, message } }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
