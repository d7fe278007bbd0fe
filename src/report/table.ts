import { displayWidth } from "./terminal.ts";

const MOST_COLUMNS = 100;

/**
 * Columns aligned by padding: names to the left after two spaces, figures to the right after one. Where a line would be
 * wider than 100 columns, the middle of the names in column `elastic` gives way.
 */
export function tableText(
  rows: readonly string[][],
  alignment: readonly ("left" | "right")[],
  elastic?: number,
): string {
  const widths = alignment.map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ""))));
  const excess = widths.reduce((sum, width, column) => sum + gapBefore(column) + width, -MOST_COLUMNS);
  const most = elastic === undefined ? 0 : (widths[elastic] ?? 0) - Math.max(0, excess);
  if (elastic !== undefined) widths[elastic] = most;
  return rows.map((row) => row.map(padded).join("").trimEnd()).join("\n");

  function padded(cell: string, column: number): string {
    const text = column === elastic ? shortened(cell, most) : cell;
    return " ".repeat(gapBefore(column)) + pad(text, widths[column] ?? 0, alignment[column] ?? "left");
  }

  function gapBefore(column: number): number {
    if (column === 0) return 0;
    return alignment[column] === "left" || alignment[column - 1] === "left" ? 2 : 1;
  }
}

/** Without its middle, where it is too long: names differ at both ends. */
function shortened(text: string, most: number): string {
  if (displayWidth(text) <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}

function pad(cell: string, width: number, side: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(cell)));
  return side === "left" ? cell + space : space + cell;
}
