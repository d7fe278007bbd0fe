// Checks, or with --write applies, the format of native/ by clang-format.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { createRequire } from "node:module";
