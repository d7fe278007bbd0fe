import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../../src/package-root.ts";

type Json = Record<string, unknown>;

/** A copy of the saxpy example in a folder of its own, to be spoilt. */
export class ExampleCopy {
  readonly folder = join(mkdtempSync(join(tmpdir(), "decode-lab-")), "launch");
  readonly launchFile = join(this.folder, "saxpy.launch.json");

  constructor() {
    cpSync(join(PACKAGE_ROOT, "examples"), this.folder, { recursive: true });
  }

  /** Rewrites the launch file; the callback changes it in place. */
  edit(change: (launch: Json & { params: Json[] }) => void): this {
    const launch = JSON.parse(readFileSync(this.launchFile, "utf8"));
    change(launch);
    writeFileSync(this.launchFile, `${JSON.stringify(launch, null, 2)}\n`);
    return this;
  }

  /** Rewrites the PTX text. */
  editPtx(change: (ptx: string) => string): this {
    const file = join(this.folder, "saxpy.ptx");
    writeFileSync(file, change(readFileSync(file, "utf8")));
    return this;
  }
}
