import type { Finding } from "../../finding.ts";

const TITLES: Record<string, (buffer: string) => string> = {
  unwritten: (buffer) => `output \`${buffer}\` is not fully written`,
  "input-modified": (buffer) => `input \`${buffer}\` was changed`,
  "not-finite": (buffer) => `NaN or infinity in \`${buffer}\``,
  "wrong-value": (buffer) => `\`${buffer}\` differs from its expected values`,
};

export function describe(finding: Finding): string {
  return TITLES[finding.class]?.(finding.buffer) ?? finding.class;
}
