import type { Finding } from "../../finding.ts";
import type { BufferUse, Observation } from "../../observation.ts";
import type { TrafficGate } from "../../traffic-gate.ts";
import type { Judgement, Trial } from "../check.ts";

const SECTOR_BYTES = 32;

interface TrafficFigures {
  /** 32-byte sectors of global loads and stores. */
  movedBytes: number;
  /** Each input byte that the kernel read once, each output byte once. */
  floorBytes: number;
}

/** Measures; fails only where the definition sets a limit. */
export function judge(trial: Trial): Judgement {
  const { observation, gates } = trial;
  const figures = trafficFigures(trial);
  if (figures === undefined) return { findings: [], summary: "-" };
  const { movedBytes, floorBytes } = figures;
  const findings = gates.flatMap((gate) => judgeGate(gate, observation));
  return { findings, summary: `${(movedBytes / floorBytes).toFixed(2)}x`, figures: { movedBytes, floorBytes } };
}

function judgeGate(gate: TrafficGate, { buffers = [], traffic }: Observation): Finding[] {
  if ("buffer" in gate) {
    const use = buffers.find(({ name }) => name === gate.buffer);
    const loaded = (use?.loadSectors ?? 0) * SECTOR_BYTES;
    const limit = gate.limit * (use?.bytesRead ?? 0);
    if (use === undefined || loaded <= limit) return [];
    const ratio = (loaded / use.bytesRead).toFixed(3);
    return [
      overLimit(
        gate.buffer,
        "over-floor",
        `${loaded} bytes of sectors loaded for ${use.bytesRead} distinct bytes: ${ratio}, limit ${gate.limit}`,
      ),
    ];
  }
  if (traffic === undefined) return [];
  const { loadWavefronts, storeWavefronts, bankConflicts } = traffic.shared;
  const wavefronts = loadWavefronts + storeWavefronts;
  if (bankConflicts <= gate.conflictRatio * wavefronts) return [];
  return [
    overLimit(
      "",
      "bank-conflicts",
      `${bankConflicts} bank conflicts in ${wavefronts} shared-memory wavefronts, limit ${gate.conflictRatio} of them`,
    ),
  ];
}

function overLimit(buffer: string, kind: string, message: string): Finding {
  const space = buffer === "" ? "shared" : "global";
  return {
    check: "traffic",
    class: kind,
    severity: "error",
    space,
    buffer,
    byteOffset: 0,
    bytes: 0,
    count: 1,
    message,
  };
}

/** Undefined where the backend observed no traffic or the kernel moved nothing. Workspaces are no part of the floor. */
function trafficFigures({ observation, outputs, workspaces }: Trial): TrafficFigures | undefined {
  const { traffic, buffers } = observation;
  if (traffic === undefined || buffers === undefined) return undefined;
  const written = new Map(outputs.map(({ name, before }) => [name, before === undefined]));
  const bytesOf = ({ name, bytesRead, bytesWritten }: BufferUse) => {
    if (workspaces.has(name)) return 0;
    const isNew = written.get(name);
    if (isNew === undefined) return bytesRead;
    return isNew ? (observation.outputs[name]?.byteLength ?? 0) : bytesRead + bytesWritten;
  };
  const floorBytes = buffers.reduce((sum, buffer) => sum + bytesOf(buffer), 0);
  if (floorBytes === 0) return undefined;
  return { movedBytes: (traffic.global.loadSectors + traffic.global.storeSectors) * SECTOR_BYTES, floorBytes };
}
