import { TypeError as CelTypeError, Environment, EvaluationError, ParseError } from "@marcbachmann/cel-js";
import { DecodeLabError } from "./errors.ts";

/** Axis values by name; non-negative integers. */
export type Axes = Record<string, number>;

/** Value of an integer CEL expression over the axes (int64, `/` truncates); SCHEMA error for anything else. */
export function evaluateInteger(expression: string, axes: Axes): number {
  const value = evaluate(expression, axes);
  if (typeof value !== "bigint") throw notA("an integer", expression, value);
  return Number(value);
}

/** Truth of a CEL constraint over the axes; SCHEMA error for anything but a boolean. */
export function evaluateBoolean(expression: string, axes: Axes): boolean {
  const value = evaluate(expression, axes);
  if (typeof value !== "boolean") throw notA("a boolean", expression, value);
  return value;
}

function evaluate(expression: string, axes: Axes): unknown {
  const environment = new Environment();
  for (const name of Object.keys(axes)) environment.registerVariable(name, "int");
  const variables = Object.fromEntries(Object.entries(axes).map(([name, value]) => [name, BigInt(value)]));
  try {
    return environment.evaluate(expression, variables);
  } catch (error) {
    if (!(error instanceof ParseError || error instanceof EvaluationError || error instanceof CelTypeError))
      throw error;
    const reason = error.message.split("\n")[0];
    throw new DecodeLabError("SCHEMA", `expression \`${expression}\`: ${reason}`, {
      hint: `the axes are ${Object.keys(axes).join(", ")}`,
    });
  }
}

function notA(wanted: string, expression: string, value: unknown): DecodeLabError {
  return new DecodeLabError("SCHEMA", `expression \`${expression}\` yields ${String(value)}, not ${wanted}`);
}
