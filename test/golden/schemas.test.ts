import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { artifactSchema } from "../../src/artifact.ts";
import { definitionSchema } from "../../src/definition.ts";
import { exhibitSchema } from "../../src/exhibit.ts";
import { launchSchema } from "../../src/launch.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { checkSchema, compileSchema, errorSchema, reportSchema } from "../../src/report/documents.ts";
import { quantiseSchema } from "../../src/report/quantise-document.ts";

const FOLDER = join(PACKAGE_ROOT, "schemas");

/** Published schemas: records as they are written in files, documents as the commands yield them. */
const PUBLISHED = {
  definition: { schema: definitionSchema, io: "input" },
  artifact: { schema: artifactSchema, io: "input" },
  exhibit: { schema: exhibitSchema, io: "input" },
  launch: { schema: launchSchema, io: "input" },
  report: { schema: reportSchema, io: "output" },
  check: { schema: checkSchema, io: "output" },
  compile: { schema: compileSchema, io: "output" },
  quantise: { schema: quantiseSchema, io: "output" },
  error: { schema: errorSchema, io: "output" },
} as const;

it.each(Object.entries(PUBLISHED))("schemas/%s.schema.json is current", async (name, { schema, io }) => {
  const generated = { title: `decode-lab/${name}@1`, ...z.toJSONSchema(schema, { io }) };
  await expect(`${JSON.stringify(generated, null, 2)}\n`).toMatchFileSnapshot(join(FOLDER, `${name}.schema.json`));
});

it("publishes no other schema", () => {
  const files = readdirSync(FOLDER).sort();
  expect(files).toEqual(
    Object.keys(PUBLISHED)
      .map((name) => `${name}.schema.json`)
      .sort(),
  );
});
