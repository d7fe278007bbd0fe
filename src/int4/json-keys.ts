const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COLON] = [34, 92, 123, 125, 91, 93, 58];

/**
 * Keys of a JSON object's own members, repeated ones repeated; undefined where the text is no object or nests deeper than
 * `deepest`. For use before JSON.parse, which keeps the last of equal keys and says nothing.
 */
export function ownKeys(text: string, deepest: number): string[] | undefined {
  const keys: string[] = [];
  let depth = 0;
  let string = [0, 0];
  for (let offset = 0; offset < text.length; offset++) {
    const unit = text.charCodeAt(offset);
    if (unit === QUOTE) {
      const end = endOfString(text, offset);
      string = [offset, end];
      offset = end - 1;
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      if (++depth > deepest || (depth === 1 && unit === OPEN_BRACKET)) return undefined;
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      if (--depth < 0) return undefined;
    } else if (unit === COLON && depth === 1) {
      const key = stringOf(text.slice(...string));
      if (key === undefined) return undefined;
      keys.push(key);
    }
  }
  return depth === 0 ? keys : undefined;
}

/** The first key that stands twice. */
export function repeatedKey(keys: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return keys.find((key) => seen.size === seen.add(key).size);
}

function endOfString(text: string, start: number): number {
  for (let offset = start + 1; offset < text.length; offset++) {
    const unit = text.charCodeAt(offset);
    if (unit === BACKSLASH) offset++;
    else if (unit === QUOTE) return offset + 1;
  }
  return text.length;
}

/** What a string token stands for: two spellings of one key are one key. */
function stringOf(token: string): string | undefined {
  try {
    const value: unknown = JSON.parse(token);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
