/** One leaf of the tree: a path pattern, and which files it stands for. */
export interface TreePattern {
  path: string;
  matches(file: string): boolean;
}

/**
 * The leaves of the first code block marked `tree`. Two spaces of indentation are one level; a line is one or more names
 * and, after two spaces, what they are for. A folder without lines below it stands for everything in it. In a name `*`
 * and `<…>` stand for any text without a slash, `{a,b}` for either.
 */
export function treePatterns(markdown: string): TreePattern[] {
  const block = /```tree\n([\s\S]*?)```/.exec(markdown)?.[1] ?? "";
  const lines = block.split("\n").filter((line) => line.trim() !== "");
  const parents: string[] = [];
  return lines.flatMap((line, i) => {
    const level = indentation(line) / 2;
    const names = (line.trim().split(/ {2,}/)[0] ?? "").split(" ");
    parents.length = level;
    const folder = parents.join("");
    const isParent = indentation(lines[i + 1] ?? "") / 2 > level;
    if (isParent) {
      parents.push(names[0] ?? "");
      return [];
    }
    return names.map((name) => pattern(folder + name));
  });
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}

function pattern(path: string): TreePattern {
  const expression = path
    .replace(/<[^>]*>/g, "*")
    .replace(/[.+^$()|[\]\\]/g, "\\$&")
    .replace(/\{([^}]*)\}/g, (_, choices: string) => `(?:${choices.replaceAll(",", "|")})`)
    .replace(/\*/g, "[^/]*");
  const whole = new RegExp(`^${expression}${path.endsWith("/") ? ".*" : ""}$`);
  return { path, matches: (file) => whole.test(file) };
}
