import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import nodeApiHeaders from "node-api-headers";
import { expect, it } from "vitest";
import { mapConcurrently } from "../../src/concurrency.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";

const COMPILER = "aarch64-linux-gnu-g++";
const missing = spawnSync(COMPILER, ["--version"]).status !== 0;
const sources = readdirSync(join(PACKAGE_ROOT, "native"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".cpp"))
  .sort();

it.skipIf(missing)(
  `compiles for aarch64 (needs ${COMPILER})`,
  async () => {
    const includes = ["native", nodeApiHeaders.include_dir, join(PACKAGE_ROOT, "node_modules/node-addon-api")];
    const flags = ["-std=gnu++20", "-fsyntax-only", "-DNAPI_VERSION=8", "-DNODE_ADDON_API_CPP_EXCEPTIONS"];
    const failures = await mapConcurrently(sources, 2, async (name) => {
      const source = join("native", name);
      const { exitCode, stderr } = await execa(
        COMPILER,
        [...flags, ...includes.flatMap((path) => ["-I", path]), source],
        {
          cwd: PACKAGE_ROOT,
          reject: false,
        },
      );
      return exitCode === 0 ? [] : [stderr];
    });
    expect(failures.flat()).toEqual([]);
  },
  300_000,
);
