import { DEFAULT_LIMITS } from "../../src/launch.ts";
import type { NativeLaunch, NativeParameter } from "../../src/native/addon.ts";

const BLOCK = 256;

/** One instruction on each element; `%d`, `%a`, `%b` and `%c` in its text are registers as wide as the elements. */
export interface ElementWork {
  instruction: string;
  target: string;
  /** Elements, a multiple of 256. */
  count: number;
  /** Bytes of an element of each operand a, b, c; "index" is the element's number instead of a buffer. */
  operands: { bytes: number; data: Uint8Array | "index" }[];
  resultBytes: number;
}

const registerBits = (bytes: number) => Math.max(bytes, 2) * 8;

export function elementLaunch({ instruction, target, count, operands, resultBytes }: ElementWork): NativeLaunch {
  const names = ["a", "b", "c"];
  const buffers = operands.flatMap(({ data }, i) => (data === "index" ? [] : [{ name: names[i] as string, data }]));
  const parameters = [...buffers.map(({ name }) => name), "d"];
  const loads = operands.flatMap(({ bytes, data }, i) =>
    data === "index"
      ? [`cvt.u${registerBits(bytes)}.u32 %${names[i]}, %i;`]
      : [address(names[i] as string, bytes), `ld.global.b${bytes * 8} %${names[i]}, [%p];`],
  );
  const ptx = `.version 8.8
.target ${target}
.address_size 64
.visible .entry each(${parameters.map((name) => `.param .u64 each_${name}`).join(", ")})
{
.reg .b32 %i, %t, %n;
.reg .b64 %p, %o;
${operands.map(({ bytes }, i) => `.reg .b${registerBits(bytes)} %${names[i]};`).join("\n")}
.reg .b${registerBits(resultBytes)} %d;
mov.u32 %t, %tid.x;
mov.u32 %n, %ctaid.x;
mad.lo.u32 %i, %n, ${BLOCK}, %t;
${loads.join("\n")}
${instruction};
${address("d", resultBytes)}
st.global.b${resultBytes * 8} [%p], %d;
ret;
}
`;
  const params: NativeParameter[] = [
    ...buffers.map(({ name, data }) => ({ kind: "buffer", name, bytes: data, initialised: true }) as const),
    { kind: "buffer", name: "d", bytes: new Uint8Array(count * resultBytes), initialised: false },
  ];
  return {
    ptx,
    ptxName: "each.ptx",
    entry: "each",
    grid: [count / BLOCK, 1, 1],
    block: [BLOCK, 1, 1],
    sharedBytes: 0,
    cooperative: false,
    params,
    limits: DEFAULT_LIMITS,
    seed: 0,
    threads: 1,
  };
}

function address(name: string, bytes: number): string {
  return `ld.param.u64 %p, [each_${name}];\nmul.wide.u32 %o, %i, ${bytes};\nadd.s64 %p, %p, %o;`;
}

/** Elements of `bytes` bytes each, little-endian. */
export function elements(data: Uint8Array, bytes: number): Uint8Array | Uint16Array | Uint32Array | BigUint64Array {
  const copy = Uint8Array.from(data).buffer;
  if (bytes === 8) return new BigUint64Array(copy);
  return bytes === 4 ? new Uint32Array(copy) : bytes === 2 ? new Uint16Array(copy) : new Uint8Array(copy);
}
