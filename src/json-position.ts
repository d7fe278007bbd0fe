/** Line (from 1) at which the member of a JSON text stands; the nearest enclosing one if it is absent, 1 for the document. */
export function lineOfPath(text: string, path: readonly PropertyKey[]): number {
  const walk = new Walk(text);
  walk.value(path.map(String), 0);
  return lineAt(text, walk.found);
}

/** Line at which a text stops being JSON; its last line if it just ends too early. */
export function lineOfSyntaxError(text: string): number {
  const walk = new Walk(text);
  try {
    walk.value(undefined, 0);
  } catch {
    // The walk stops at the offset that is asked for.
  }
  return lineAt(text, walk.offset);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

const STRING = /"(?:[^"\\\n]|\\.)*"/y;
const SCALAR = /"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/y;

/** Walks a JSON text; `found` is the offset of the deepest step of the path that was met. */
class Walk {
  found = 0;
  offset = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(path: readonly string[] | undefined, depth: number): void {
    this.#space();
    const opening = this.#text[this.offset];
    if (opening === "{") this.#members("}", path, depth);
    else if (opening === "[") this.#members("]", path, depth);
    else this.#take(SCALAR);
    this.#space();
  }

  #members(closing: "}" | "]", path: readonly string[] | undefined, depth: number): void {
    this.offset += 1;
    this.#space();
    for (let index = 0; this.#text[this.offset] !== closing; index++) {
      if (index > 0) this.#take(/,\s*/y);
      const start = this.offset;
      const key = closing === "}" ? this.#key() : String(index);
      const onPath = path !== undefined && path[depth] === key;
      if (onPath) this.found = start;
      this.value(onPath ? path : undefined, depth + 1);
    }
    this.offset += 1;
  }

  #key(): string {
    const key: string = JSON.parse(this.#take(STRING));
    this.#take(/\s*:/y);
    return key;
  }

  #space(): void {
    this.#take(/\s*/y);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.offset;
    const taken = pattern.exec(this.#text)?.[0];
    if (taken === undefined) throw new SyntaxError(`offset ${this.offset}`);
    this.offset += taken.length;
    return taken;
  }
}
