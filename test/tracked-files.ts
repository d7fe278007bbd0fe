import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../src/package-root.ts";

/** Files of the repository, committed or about to be, relative to its root. */
export function trackedFiles(): string[] {
  const output = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: PACKAGE_ROOT,
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  const files = output.split("\0").filter((file) => file !== "" && existsSync(join(PACKAGE_ROOT, file)));
  return [...new Set(files)].sort();
}
