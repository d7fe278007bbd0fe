import { stripVTControlCharacters } from "node:util";

type Style = "bold" | "dim" | "red" | "green" | "yellow";

const CODES: Record<Style, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

export interface TerminalOptions {
  colour: boolean;
  quiet: boolean;
}

/** Where a command writes: results to stdout, progress to stderr while that is a terminal. */
export class Terminal {
  readonly #options: TerminalOptions;
  #progressShown = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  out(text: string): void {
    this.clearProgress();
    process.stdout.write(text);
  }

  err(text: string): void {
    this.clearProgress();
    process.stderr.write(text);
  }

  /** Replaces the progress line; nothing where stderr is not a terminal or `--quiet` was given. */
  progress(text: string): void {
    if (this.#options.quiet || !process.stderr.isTTY) return;
    process.stderr.write(`\r\u001b[K${text}`);
    this.#progressShown = true;
  }

  clearProgress(): void {
    if (this.#progressShown) process.stderr.write("\r\u001b[K");
    this.#progressShown = false;
  }

  paint(style: Style, text: string): string {
    if (!this.#options.colour) return text;
    const [on, off] = CODES[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  }
}

/** Width on screen, styles not counted. */
export function displayWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}
