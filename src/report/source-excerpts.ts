import { readFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import type { Finding, Site } from "../finding.ts";

/** Text of each pass's PTX. */
export interface PtxTexts {
  optimised: string;
  unoptimised?: string;
}

/** Lines of kernel sources, looked up in the given folders by the relative names that the PTX carries. */
export class SourceExcerpts {
  readonly #folders: readonly string[];
  readonly #ptx: PtxTexts | undefined;
  readonly #files = new Map<string, string[] | undefined>();

  /** `ptx` is what to quote where a site has no source line. */
  constructor(folders: readonly string[], ptx?: PtxTexts) {
    this.#folders = folders;
    this.#ptx = ptx;
  }

  /** The site's line without its indentation; undefined where the file is not at hand. */
  line(site: Site, pass?: Finding["pass"]): string | undefined {
    if (site.file === "") {
      const text = pass === "unoptimised" ? this.#ptx?.unoptimised : this.#ptx?.optimised;
      return text?.split("\n")[site.ptxLine - 1]?.trim();
    }
    return this.#linesOf(site.file)?.[site.line - 1]?.trim();
  }

  #linesOf(file: string): string[] | undefined {
    if (!this.#files.has(file)) this.#files.set(file, this.#read(file));
    return this.#files.get(file);
  }

  #read(file: string): string[] | undefined {
    if (isAbsolute(file)) return undefined;
    for (const folder of this.#folders) {
      const path = join(folder, file);
      if (relative(folder, path).startsWith("..")) continue;
      try {
        return readFileSync(path, "utf8").split("\n");
      } catch {
        // The source need not be there: PTX may come without it.
      }
    }
    return undefined;
  }
}
