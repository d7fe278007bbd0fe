import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import type { NativeLaunch } from "../../src/native/addon.ts";
import { builds } from "./builds.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

/** What a kernel prints, as C would print it. */
const CONVERSIONS: { format: string; store: string[]; text: string; count: number }[] = [
  { format: "plain", store: [], text: "plain", count: 0 },
  { format: "%d|%i|%u", store: word(-7, 42, -1), text: "-7|42|4294967295", count: 3 },
  { format: "%x %X %o %#x", store: word(0xbeef, 0xbeef, 8, 255), text: "beef BEEF 10 0xff", count: 4 },
  { format: "%5d|%-5d|%05d|%+d", store: word(42, 42, 42, 42), text: "   42|42   |00042|+42", count: 4 },
  { format: "%*d|%.*d", store: word(6, 42, 4, 42), text: "    42|0042", count: 4 },
  { format: "%hd %hhu %hx", store: word(0x12345, 0x1ff, 0xabcde), text: "9029 255 bcde", count: 3 },
  { format: "%c%c%%", store: word(72, 105), text: "Hi%", count: 2 },
  {
    format: "%ld %lld %llx",
    store: long("-5", "9007199254740993", "0xdeadbeefcafe"),
    text: "-5 9007199254740993 deadbeefcafe",
    count: 3,
  },
  { format: "%f %.2f %8.3f", store: double("1.5", "-2.25", "3.14159"), text: "1.500000 -2.25    3.142", count: 3 },
  { format: "%e %g %G", store: double("12345.678", "0.0001", "1e20"), text: "1.234568e+04 0.0001 1E+20", count: 3 },
  { format: "%p %p", store: long("0x1234", "0"), text: "0x1234 (nil)", count: 2 },
  {
    format: "%d %f %d",
    store: [
      ...word(1),
      ...double("2.5").map((line) => line.replace("+0]", "+8]")),
      ...word(3).map((line) => line.replace("+0]", "+16]")),
    ],
    text: "1 2.500000 3",
    count: 3,
  },
  { format: "%y %d", store: word(9), text: "%y 9", count: 1 },
];

function word(...values: number[]): string[] {
  return values.map((value, i) => `st.local.u32 [args+${4 * i}], ${value};`);
}

function long(...values: string[]): string[] {
  return values.map((value, i) => `st.local.u64 [args+${8 * i}], ${value};`);
}

function double(...values: string[]): string[] {
  return values.map((value, i) => {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, Number(value));
    return `st.local.u64 [args+${8 * i}], 0x${bits.getBigUint64(0).toString(16)};`;
  });
}

const bytesOf = (text: string) => [...Buffer.from(text), 0].join(", ");

/** A kernel that prints `format`, whose arguments `store` puts into `args`, and gives what vprintf returned. */
function printing(format: string, store: readonly string[], before = ""): string {
  return `.version 9.0
.target sm_80
.address_size 64
.extern .func (.param .b32 given) vprintf (.param .b64 format, .param .b64 arguments);
.global .align 1 .b8 format[] = { ${bytesOf(format)} };
.global .align 1 .b8 word[] = { ${bytesOf("a word")} };
.visible .entry print(.param .u64 out)
{
    .local .align 8 .b8 args[64];
    .reg .pred %p<3>;
    .reg .b32 %r<9>;
    .reg .b64 %d<9>;
    mov.u32 %r1, %tid.x;
    mov.u32 %r2, %ctaid.x;
    ${before}
    ${store.join("\n    ")}
    mov.u64 %d1, format;
    cvta.global.u64 %d1, %d1;
    mov.u64 %d2, args;
    cvta.local.u64 %d2, %d2;
    {
        .param .b64 format_given;
        .param .b64 args_given;
        .param .b32 count;
        st.param.b64 [format_given], %d1;
        st.param.b64 [args_given], %d2;
        call.uni (count), vprintf, (format_given, args_given);
        ld.param.b32 %r3, [count];
    }
    ld.param.u64 %d3, [out];
    st.global.u32 [%d3], %r3;
    ret;
}
`;
}

function launchOf(ptx: string, ctas = 1, block = 1): NativeLaunch {
  return {
    ptx,
    ptxName: "print.ptx",
    entry: "print",
    grid: [ctas, 1, 1],
    block: [block, 1, 1],
    sharedBytes: 0,
    params: [{ kind: "buffer", name: "out", bytes: new Uint8Array(4), initialised: false }],
    limits: DEFAULT_LIMITS,
    seed: 0,
    threads: 1,
    cooperative: false,
  };
}

async function answersOf(build: Parameters<typeof runFixtures>[0], launches: NativeLaunch[]): Promise<Answer[]> {
  return runFixtures(
    build,
    launches.map((launch, i) => ({ name: `print ${i}`, launch })),
  );
}

describe.each(builds())("printed text, $name", (build) => {
  it("is what C prints", async () => {
    const answers = await answersOf(
      build,
      CONVERSIONS.map(({ format, store }) => launchOf(printing(format, store))),
    );
    expect(answers.map(({ result }) => result?.prints)).toEqual(CONVERSIONS.map(({ text }) => [text]));
    const counts = answers.map(({ bytes }) => Buffer.from(bytes?.[0] ?? "", "base64").readInt32LE());
    expect(counts).toEqual(CONVERSIONS.map(({ count }) => count));
  });

  it("follows pointers to text, and a wild one is out of bounds", async () => {
    const store = (from: string) => ["mov.u64 %d4, word;", `add.u64 %d4, %d4, ${from};`, "st.local.u64 [args], %d4;"];
    const [good, cut, wild] = await answersOf(build, [
      launchOf(printing("<%s>", store("0"))),
      launchOf(printing("<%.3s>", store("0"))),
      launchOf(printing("<%s>", store("7"))),
    ]);
    expect(good?.result).toMatchObject({ status: "ok", prints: ["<a word>"] });
    expect(cut?.result).toMatchObject({ status: "ok", prints: ["<a w>"] });
    expect(wild?.result?.findings).toMatchObject([{ check: "bounds", class: "out-of-bounds", buffer: "word" }]);
  });

  it("comes CTA by CTA and thread by thread, for any number of workers", async () => {
    const ptx = printing("%d.%d\n", ["st.local.u32 [args], %r2;", "st.local.u32 [args+4], %r1;"]).replace(
      "st.global.u32 [%d3], %r3;",
      "",
    );
    const answers = await answersOf(
      build,
      [1, 2, 3].map((threads) => ({ ...launchOf(ptx, 40, 3), threads })),
    );
    const expected = Array.from({ length: 120 }, (_, i) => `${Math.floor(i / 3)}.${i % 3}`);
    for (const { result } of answers) expect(result?.prints).toEqual(expected);
  });

  it("goes on in the same line until a line ends", async () => {
    const ptx = printing("%d,", ["st.local.u32 [args], %r1;"]).replace("st.global.u32 [%d3], %r3;", "");
    const [answer] = await answersOf(build, [launchOf(ptx, 1, 4)]);
    expect(answer?.result?.prints).toEqual(["0,1,2,3,"]);
  });

  it("is cut after 1 MiB", async () => {
    const ptx = printing(`${"x".repeat(1023)}\n`, []).replace("st.global.u32 [%d3], %r3;", "");
    const answers = await answersOf(
      build,
      [1, 3].map((threads) => ({ ...launchOf(ptx, 40, 32), threads })),
    );
    for (const { result } of answers) {
      expect(result?.prints).toHaveLength(1025);
      expect(result?.prints.at(-1)).toBe("… cut after 1048576 bytes");
    }
  });
});
