// Checks the format of native/ with clang-format; with --write it formats.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const packageFolder = dirname(createRequire(import.meta.url).resolve("clang-format/package.json"));
const binary = join(packageFolder, "bin", `${process.platform}_${process.arch}`, "clang-format");
if (!existsSync(binary)) {
  process.stdout.write(`skipped: the clang-format package has no binary for ${process.platform} ${process.arch}\n`);
  process.exit(0);
}

const files = readdirSync("native", { recursive: true })
  .filter((name) => /\.(h|cpp)$/.test(name))
  .map((name) => join("native", name))
  .sort();
const mode = process.argv.includes("--write") ? ["-i"] : ["--dry-run", "--Werror"];
const { status } = spawnSync(binary, [...mode, ...files], { stdio: "inherit" });
process.exit(status ?? 1);
