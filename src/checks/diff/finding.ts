import type { Finding } from "../../finding.ts";

/** A finding of the diff: it lies in the values, so it has no thread. */
export function diffFinding(
  kind: "unwritten" | "input-modified" | "not-finite" | "wrong-value",
  buffer: string,
  at: { byteOffset: number; bytes: number; count: number },
  message: string,
): Finding {
  return { check: "diff", class: kind, severity: "error", space: "global", buffer, ...at, message };
}
