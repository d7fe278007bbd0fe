import type { ReferenceObservation } from "../backends/reference.ts";
import type { ExpectedOutput } from "../checks/check.ts";
import { type Definition, isPresent, shapeFor, tensorDtype } from "../definition.ts";
import { DecodeLabError } from "../errors.ts";
import { inputBytes } from "../inputs.ts";

/** What each output of one launch must hold, and how that is judged. */
export function expectedOutputs(definition: Definition, expected: ReferenceObservation): ExpectedOutput[] {
  const { axes, context } = expected.inputs;
  return Object.entries(definition.outputs)
    .filter(([, output]) => isPresent(output, axes))
    .map(([name, output]) => ({
      name,
      dtype: tensorDtype(output, context.dtypes),
      shape: shapeFor(output.shape, axes),
      rule: output.rule ?? definition.tolerance.rule,
      before: inputBytes(expected.inputs, name),
      reference: valuesOf(expected.reference, name),
      naive: valuesOf(expected.naive, name),
    }));
}

function valuesOf(outputs: Record<string, Float64Array>, name: string): Float64Array {
  const values = outputs[name];
  if (values === undefined) throw new DecodeLabError("SCHEMA", `reference.ts yields no output \`${name}\``);
  return values;
}
