import { z } from "zod";
import { DTYPE_NAMES } from "./dtype.ts";

const MAX_GRID_X = 2 ** 31 - 1;
const MAX_GRID_YZ = 65535;
const MAX_BLOCK_THREADS = 1024;

const size = z.int().positive();
const grid = z.tuple([size.max(MAX_GRID_X), size.max(MAX_GRID_YZ), size.max(MAX_GRID_YZ)]);
const block = z
  .tuple([size.max(MAX_BLOCK_THREADS), size.max(MAX_BLOCK_THREADS), size.max(64)])
  .refine(([x, y, z]) => x * y * z <= MAX_BLOCK_THREADS, `more than ${MAX_BLOCK_THREADS} threads in a block`);

const nonFinite = z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number);
const numberSchema = z.union([z.number(), nonFinite]).describe("non-finite numbers as strings");

const randomSeed = z.int().nonnegative().default(0);

const randomSchema = z
  .discriminatedUnion("distribution", [
    z.strictObject({ distribution: z.literal("normal"), seed: randomSeed }).describe("mean 0, variance 1"),
    z
      .strictObject({
        distribution: z.literal("uniform"),
        seed: randomSeed,
        low: z.number().default(0),
        high: z.number().default(1),
      })
      .describe("from low up to but without high"),
    z
      .strictObject({
        distribution: z.literal("integers"),
        seed: randomSeed,
        low: z.int().default(0),
        high: z.int().default(99),
      })
      .describe("whole numbers from low to high"),
  ])
  .refine((random) => random.distribution === "normal" || random.low <= random.high, "low is above high");

export type RandomInit = z.output<typeof randomSchema>;

const initSchema = z.union(
  [
    z.enum(["zeros", "poison"]),
    z.strictObject({ fill: numberSchema }),
    z.strictObject({ iota: z.number() }),
    z.strictObject({ random: randomSchema }),
    z.strictObject({ values: z.array(numberSchema) }),
    z.strictObject({ file: z.string().min(1) }),
  ],
  "takes zeros, poison, {fill}, {iota}, {random: {distribution, seed, low, high}}, {values} or {file}",
);

export type Init = z.output<typeof initSchema>;

const expectSchema = z.strictObject({
  file: z.string().min(1),
  atol: z.number().nonnegative().default(0),
  rtol: z.number().nonnegative().default(0),
});

export type Expectation = z.output<typeof expectSchema>;

const parameterName = z.string().regex(/^[\w.-]+$/);

const bufferSchema = z.strictObject({
  name: parameterName,
  kind: z.literal("buffer"),
  dtype: z.enum(DTYPE_NAMES),
  shape: z.array(z.int().nonnegative()),
  init: initSchema.default("poison"),
  expect: expectSchema.optional(),
});

const scalarSchema = z.strictObject({
  name: parameterName,
  kind: z.literal("scalar"),
  dtype: z.enum(DTYPE_NAMES),
  value: numberSchema,
});

export type LaunchBuffer = z.output<typeof bufferSchema>;
export type LaunchScalar = z.output<typeof scalarSchema>;

const limitsSchema = z.strictObject({
  instructions: z.number().positive().default(2e10).describe("warp instructions"),
  seconds: z.number().positive().default(120),
  hostBytes: z
    .number()
    .positive()
    .default(8e9)
    .describe("held at once: buffers, registers, shared, local and shadow memory"),
});

/** What `decode-lab run` takes: any PTX file with its buffers; paths are relative to the launch file and stay in its folder. */
export const launchSchema = z.strictObject({
  schema: z.literal("decode-lab/launch@1"),
  ptx: z.string().min(1),
  unoptimised: z
    .string()
    .min(1)
    .optional()
    .describe("PTX of the same source from nvcc -G, for a second pass: `compile --unoptimised` writes it"),
  entry: z.string().optional().describe("may be left out where the module has exactly one"),
  grid,
  block,
  sharedBytes: z.int().nonnegative().default(0).describe("dynamic shared memory"),
  cooperative: z.boolean().default(false).describe("every CTA of the grid is resident at once"),
  params: z
    .array(z.discriminatedUnion("kind", [bufferSchema, scalarSchema]))
    .refine((params) => new Set(params.map(({ name }) => name)).size === params.length, "two parameters share a name"),
  limits: limitsSchema.prefault({}),
  seed: z.int().nonnegative().default(0),
});

export type Launch = z.output<typeof launchSchema>;

/** The limits of a launch that names none. */
export const DEFAULT_LIMITS = limitsSchema.parse({});
