/** The library: what the commands do, as functions with typed results. */
export type { Axes, Definition } from "./definition.ts";
export { DecodeLabError, type ErrorCode, EXIT, type ExitCode } from "./errors.ts";
export type { Finding, Site } from "./finding.ts";
export type { Launch } from "./launch.ts";
export type { Observation, Status, Traffic } from "./observation.ts";
export type { ReferenceModule, TensorValues } from "./reference-module.ts";
export type { CheckReport, CheckRow, CompileReport, Report } from "./report/documents.ts";
export { type CheckOptions, type CheckOutcome, check } from "./verbs/check.ts";
export { type CompileOptions, compile, type UserKernelOptions } from "./verbs/compile.ts";
export { type RunOptions, type RunOutcome, run } from "./verbs/run.ts";
