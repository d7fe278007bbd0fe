import type { CheckRow } from "./documents.ts";

/** A judged row: its record, and its table cells in the order of COLUMN_HEADINGS. */
export interface FinishedRow {
  record: CheckRow;
  cells: string[];
}
