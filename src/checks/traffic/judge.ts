import type { Observation } from "../../observation.ts";
import type { Judgement, Trial } from "../check.ts";

const SECTOR_BYTES = 32;

interface TrafficFigures {
  /** 32-byte sectors of global loads and stores. */
  movedBytes: number;
  /** Each input byte that the kernel read once, each output byte once. */
  floorBytes: number;
}

/** Measures, never fails: whether every output was written is the diff's question. */
export function judge({ observation, outputs }: Trial): Judgement {
  const outputNames = new Set(outputs.map(({ name }) => name));
  const figures = trafficFigures(observation, outputNames);
  if (figures === undefined) return { findings: [], summary: "-" };
  const { movedBytes, floorBytes } = figures;
  return { findings: [], summary: `${(movedBytes / floorBytes).toFixed(2)}x`, figures: { movedBytes, floorBytes } };
}

/** Undefined where the backend observed no traffic or the kernel moved nothing. */
function trafficFigures(observation: Observation, outputNames: ReadonlySet<string>): TrafficFigures | undefined {
  const { traffic, buffers, outputs } = observation;
  if (traffic === undefined || buffers === undefined) return undefined;
  const read = buffers.filter(({ name }) => !outputNames.has(name)).reduce((sum, buffer) => sum + buffer.bytesRead, 0);
  const written = [...outputNames].reduce((sum, name) => sum + (outputs[name]?.byteLength ?? 0), 0);
  const floorBytes = read + written;
  if (floorBytes === 0) return undefined;
  return { movedBytes: (traffic.global.loadSectors + traffic.global.storeSectors) * SECTOR_BYTES, floorBytes };
}
