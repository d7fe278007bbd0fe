import { initialBytes, scalarBytes } from "./buffer-init.ts";
import { elementCount } from "./definition.ts";
import { DTYPES } from "./dtype.ts";
import { DecodeLabError } from "./errors.ts";
import type { Launch, LaunchBuffer, LaunchScalar } from "./launch.ts";
import type { LaunchFolder } from "./launch-folder.ts";
import type { EntryDescription, EntryParameter, ModuleDescription, NativeParameter } from "./native/addon.ts";

/** The entry that the launch names, or the module's only one. */
export function chosenEntry(module: ModuleDescription, ptxFile: string, wanted: string | undefined): EntryDescription {
  const names = module.entries.map(({ name }) => name).join(", ");
  if (wanted === undefined) {
    const [only, ...others] = module.entries;
    if (only !== undefined && others.length === 0) return only;
    throw new DecodeLabError(
      "LAUNCH_INVALID",
      `\`${ptxFile}\` has ${module.entries.length} entries, the launch names none`,
      {
        hint: `it has ${names || "no .entry at all"}`,
      },
    );
  }
  const entry = module.entries.find(({ name }) => name === wanted);
  if (entry !== undefined) return entry;
  throw new DecodeLabError("LAUNCH_INVALID", `\`${ptxFile}\` has no entry \`${wanted}\``, {
    hint: `it has ${names}`,
  });
}

/** One value per parameter of the entry, in order; pointers that the launch does not list are null. */
export async function bindParameters(
  entry: EntryDescription,
  launch: Launch,
  folder: LaunchFolder,
): Promise<NativeParameter[]> {
  const { params } = launch;
  if (params.length > entry.parameters.length) {
    throw new DecodeLabError(
      "LAUNCH_INVALID",
      `the launch lists ${params.length} parameters, \`${entry.name}\` takes ${entry.parameters.length}`,
    );
  }
  refuseTooLarge(launch);
  const bound: NativeParameter[] = [];
  for (const [i, declared] of entry.parameters.entries()) {
    const given = params[i];
    if (given === undefined) bound.push(nullPointer(entry, declared, i));
    else if (given.kind === "scalar") bound.push(bindScalar(given, declared));
    else bound.push(await bindBuffer(given, declared, folder));
  }
  return bound;
}

/** Refused before anything is allocated. */
function refuseTooLarge({ params, limits }: Launch): void {
  let total = 0;
  for (const param of params) {
    if (param.kind === "buffer") total += elementCount(param.shape) * DTYPES[param.dtype].bytes;
  }
  if (total <= limits.hostBytes) return;
  throw new DecodeLabError("HOST_MEMORY", `the buffers take ${total} bytes, limits.hostBytes is ${limits.hostBytes}`);
}

function nullPointer(entry: EntryDescription, declared: EntryParameter, index: number): NativeParameter {
  if (isPointer(declared)) return { kind: "null", name: declared.name };
  throw new DecodeLabError(
    "LAUNCH_INVALID",
    `the launch gives no value for parameter ${index} of \`${entry.name}\`, \`${declared.name}\` of type ${declared.type}`,
    { hint: "only pointers may be left out: they are null" },
  );
}

async function bindBuffer(
  given: LaunchBuffer,
  declared: EntryParameter,
  folder: LaunchFolder,
): Promise<NativeParameter> {
  if (!isPointer(declared)) {
    throw new DecodeLabError(
      "LAUNCH_INVALID",
      `\`${given.name}\` is a buffer, the entry takes a ${declared.type} there`,
    );
  }
  const bytes = await allocated(given, () => initialBytes(given, elementCount(given.shape), folder));
  return { kind: "buffer", name: given.name, bytes, initialised: given.init !== "poison" };
}

/** HOST_MEMORY where the machine has less memory than limits.hostBytes allows. */
async function allocated<Bytes>({ name, shape }: LaunchBuffer, allocate: () => Promise<Bytes>): Promise<Bytes> {
  try {
    return await allocate();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DecodeLabError("HOST_MEMORY", `the host has no memory for buffer \`${name}\` of shape [${shape}]`, {
      cause: error,
    });
  }
}

function bindScalar(given: LaunchScalar, declared: EntryParameter): NativeParameter {
  const { bytes, kind } = DTYPES[given.dtype];
  const declaredFloat = declared.type.startsWith("f");
  const untyped = declared.type.startsWith("b");
  if (bytes !== declared.size || (!untyped && declaredFloat !== (kind === "float") && bytes > 2)) {
    throw new DecodeLabError(
      "LAUNCH_INVALID",
      `\`${given.name}\` is ${given.dtype}, the entry takes a ${declared.type} of ${declared.size} bytes there`,
    );
  }
  return { kind: "scalar", name: given.name, bytes: scalarBytes(given.name, given.dtype, given.value) };
}

/** A parameter may hold a pointer if it has the size of one: nvcc writes `.u64` without `.ptr`. */
function isPointer(declared: EntryParameter): boolean {
  return declared.pointer || declared.type === "u64" || declared.type === "b64";
}
