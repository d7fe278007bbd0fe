import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { schemaErrors } from "./schema-validator.ts";

const { stdout } = await execa("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.json"], {
  cwd: PACKAGE_ROOT,
});
const records = stdout.split("\n").flatMap((file) => {
  const document = JSON.parse(readFileSync(join(PACKAGE_ROOT, file), "utf8"));
  const name = /^decode-lab\/(definition|artifact|exhibit|launch)@1$/.exec(document.schema ?? "")?.[1];
  return name === undefined ? [] : [{ file, name, document }];
});

it("has records of every kind", () => {
  expect(new Set(records.map(({ name }) => name))).toEqual(new Set(["definition", "artifact", "exhibit", "launch"]));
});

it.each(records)("$file is valid under the published schema", ({ name, document }) => {
  expect(schemaErrors(name, document)).toEqual([]);
});
