import type { Finding } from "../finding.ts";
import { describe as describeAlignment } from "./alignment/describe.ts";
import { judge as judgeAlignment } from "./alignment/judge.ts";
import { describe as describeAssert } from "./assert/describe.ts";
import { judge as judgeAssert } from "./assert/judge.ts";
import { describe as describeBarriers } from "./barriers/describe.ts";
import { judge as judgeBarriers } from "./barriers/judge.ts";
import { describe as describeBounds } from "./bounds/describe.ts";
import { judge as judgeBounds } from "./bounds/judge.ts";
import type { Check } from "./check.ts";
import { describe as describeDeadlock } from "./deadlock/describe.ts";
import { judge as judgeDeadlock } from "./deadlock/judge.ts";
import { describe as describeDiff } from "./diff/describe.ts";
import { judge as judgeDiff } from "./diff/judge.ts";
import { describe as describeInitialised } from "./initialised/describe.ts";
import { judge as judgeInitialised } from "./initialised/judge.ts";
import { describe as describeRaces } from "./races/describe.ts";
import { judge as judgeRaces } from "./races/judge.ts";
import { describe as describeTraffic } from "./traffic/describe.ts";
import { judge as judgeTraffic } from "./traffic/judge.ts";

/** Every check that can fail, in the order of findings and columns. */
export const CHECKS: readonly Check[] = [
  { name: "diff", heading: "diff/limit", judge: judgeDiff, describe: describeDiff },
  { name: "races", heading: "races", judge: judgeRaces, describe: describeRaces },
  { name: "bounds", heading: "bounds", judge: judgeBounds, describe: describeBounds },
  { name: "alignment", heading: "align", judge: judgeAlignment, describe: describeAlignment },
  { name: "initialised", heading: "init", judge: judgeInitialised, describe: describeInitialised },
  { name: "barriers", heading: "barrier", judge: judgeBarriers, describe: describeBarriers },
  { name: "deadlock", heading: undefined, judge: judgeDeadlock, describe: describeDeadlock },
  { name: "assert", heading: undefined, judge: judgeAssert, describe: describeAssert },
  { name: "traffic", heading: "traffic", judge: judgeTraffic, describe: describeTraffic },
];

/** Title of a finding, by the check that made it. */
export function describeFinding(finding: Finding): string {
  const check = CHECKS.find((candidate) => candidate.name === finding.check);
  return check?.describe(finding) ?? finding.message;
}
