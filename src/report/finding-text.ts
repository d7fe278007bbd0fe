import { describeFinding } from "../checks/index.ts";
import type { Finding, Site } from "../finding.ts";
import { seenText } from "./schedule-text.ts";
import type { SourceExcerpts } from "./source-excerpts.ts";
import type { Terminal } from "./terminal.ts";

/** A finding as a compiler would print it: title, then both sites with their source lines, or what there is instead of sites. */
export function findingText(finding: Finding, sources: SourceExcerpts, terminal: Terminal): string {
  const colour = finding.severity === "error" ? "red" : "yellow";
  const label = terminal.paint(colour, `${finding.severity}[${finding.check}/${finding.class}]`);
  const times = finding.first !== undefined && finding.count > 1 ? ` (${finding.count} times)` : "";
  const lines = [`${label} ${terminal.paint("bold", describeFinding(finding))}${times}`];
  if (finding.first !== undefined)
    lines.push(...siteLines(finding.second === undefined ? "at" : "first", finding.first));
  if (finding.second !== undefined) lines.push(...siteLines("second", finding.second));
  const notes = [
    finding.first === undefined ? finding.message : undefined,
    ...(finding.notes ?? []),
    seenText(finding),
  ];
  for (const note of notes) if (note !== undefined) lines.push(`  ${terminal.paint("dim", "=")} ${note}`);
  return lines.join("\n");

  function siteLines(role: string, site: Site): string[] {
    const place =
      site.file === "" ? `PTX line ${site.ptxLine}` : `${site.file}:${site.line} (PTX line ${site.ptxLine})`;
    const head = `  ${role.padEnd(6)} cta ${site.cta.join(",")} thread ${site.thread.join(",")}  ${site.instruction}`;
    const excerpt = sources.line(site, finding.pass);
    const source =
      excerpt === undefined ? [] : [`         ${terminal.paint("dim", `${site.line || site.ptxLine} |`)} ${excerpt}`];
    return [head, `         at ${place}`, ...source];
  }
}
