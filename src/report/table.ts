import { displayWidth } from "./terminal.ts";

/** Columns aligned by padding: names to the left after two spaces, figures to the right after one. */
export function tableText(rows: readonly string[][], alignment: readonly ("left" | "right")[]): string {
  const widths = alignment.map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ""))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => padded(cell, column))
        .join("")
        .trimEnd(),
    )
    .join("\n");

  function padded(cell: string, column: number): string {
    const side = alignment[column] ?? "left";
    const gap = column === 0 ? 0 : side === "left" || alignment[column - 1] === "left" ? 2 : 1;
    return " ".repeat(gap) + pad(cell, widths[column] ?? 0, side);
  }
}

function pad(cell: string, width: number, side: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(cell)));
  return side === "left" ? cell + space : space + cell;
}
