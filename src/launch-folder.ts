import { realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { DecodeLabError } from "./errors.ts";
import { readRegularFile, reasonOf } from "./record-file.ts";

/** The folder of a launch file: the only place that its paths may lead to. */
export class LaunchFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async of(launchFile: string): Promise<LaunchFolder> {
    try {
      return new LaunchFolder(dirname(await realpath(launchFile)));
    } catch (error) {
      throw new DecodeLabError("FILE_MISSING", `cannot read ${launchFile}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Bytes of a file in the folder; PATH_ESCAPES for a path or a link that leads out of it. */
  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const file = await this.#resolve(path);
    try {
      const bytes = await readRegularFile(file);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (error) {
      throw new DecodeLabError("FILE_MISSING", `cannot read \`${path}\`: ${reasonOf(error)}`, { cause: error });
    }
  }

  async #resolve(path: string): Promise<string> {
    if (isAbsolute(path) || this.#leaves(join(this.path, path))) throw escapes(path);
    let real: string;
    try {
      real = await realpath(join(this.path, path));
    } catch (error) {
      throw new DecodeLabError("FILE_MISSING", `cannot read \`${path}\`: ${reasonOf(error)}`, { cause: error });
    }
    if (this.#leaves(real)) throw escapes(path);
    return real;
  }

  #leaves(path: string): boolean {
    const step = relative(this.path, path);
    return step === ".." || step.startsWith(`..${sep}`) || isAbsolute(step);
  }
}

function escapes(path: string): DecodeLabError {
  return new DecodeLabError("PATH_ESCAPES", `\`${path}\` leads out of the launch file's folder`, {
    hint: "paths are relative to that folder and stay in it",
  });
}
