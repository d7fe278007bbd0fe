"""What a kernel folder asks for and the artifact records that answer it (decode-lab/artifact@1)."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from .compilers import Compiled, InputError
from .compilers.nvcc import compile_cuda, compile_unoptimised
from .compilers.ptxas import resources
from .compilers.triton_ptx import compile_triton
from .provenance import imported_files, recipe_sha256, sha256

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "decode_kernels"
SCRATCH = ["global_scratch", "profile_scratch"]  # the two pointers Triton adds to every kernel
TRITON_TYPES = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32", "float64": "fp64"}
TRITON_TYPES |= {f"{sign}int{bits}": f"{sign or 'i'}{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
SCALAR_TYPES = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64"}
PTX_WIDTHS = {"i32": 32, "u32": 32, "f32": 32, "i64": 64, "u64": 64, "f64": 64}


@dataclass(frozen=True)
class Job:
    """One PTX file to make: a launch of a variant (or of one side of an exhibit) for one specialisation and target."""

    op: str
    variant: str
    rule: dict
    stage: dict  # function, parameters, launch: the rule itself where it has no stages
    source: Path
    stem: str
    specialisation: dict
    target: str
    declared: "Declared"

    @property
    def folder(self) -> Path:
        """Where the artifact is kept, relative to the package."""
        return self.source.parent.relative_to(PACKAGE) / "artifacts"

    @property
    def name(self) -> str:
        """File name without its extension, e.g. triton.hd256.sm_80 or triton-merge.hd256.sm_80."""
        stage = f"-{self.stage['name']}" if "name" in self.stage else ""
        return f"{self.stem}{stage}.{self.specialisation['name']}.{self.target}"

    @property
    def dtypes(self) -> dict[str, str]:
        """The definition's dtypes as compiled in: the first of each where the specialisation names none."""
        chosen = self.specialisation.get("dtypes", {})
        return {name: chosen.get(name, allowed[0]) for name, allowed in self.declared.dtypes.items()}


@dataclass(frozen=True)
class Declared:
    """Tensors and dtypes of a definition."""

    tensors: dict
    dtypes: dict


def operations() -> list[str]:
    """Names of the kernel folders."""
    return sorted(path.parent.name for path in PACKAGE.glob("*/definition.json"))


def jobs(op: str) -> list[Job]:
    """Every artifact of one kernel folder, variants first, then exhibits by name."""
    folder = PACKAGE / op
    definition = json.loads((folder / "definition.json").read_text(encoding="utf-8"))
    tensors = {**definition.get("workspaces", {}), **definition["inputs"], **definition["outputs"]}
    declared = Declared(tensors, definition.get("dtypes", {}))
    found = []
    for variant, rule in definition["variants"].items():
        found += expand(op, variant, rule, folder / rule["source"], variant, declared)
    for path in sorted(folder.glob("exhibits/*/exhibit.json")):
        rule = json.loads(path.read_text(encoding="utf-8"))["variant"]
        extension = {"triton": "py", "cuda": "cu"}[rule["language"]]
        for side in ("broken", "twin"):
            source = path.parent / f"{side}.{extension}"
            found += expand(op, f"exhibits/{path.parent.name}/{side}", rule, source, side, declared)
    return found


def expand(op: str, variant: str, rule: dict, source: Path, stem: str, declared: Declared) -> list[Job]:
    """One job per specialisation, target and stage."""
    return [
        Job(op, variant, rule, stage, source, stem, specialisation, target, declared)
        for specialisation in rule["specialisations"]
        for target in rule["targets"]
        for stage in rule.get("stages", [rule])
    ]


def build(job: Job) -> dict[str, str]:
    """File name to text: the PTX and its record."""
    compiled = compile_job(job)
    record = json.dumps(describe(job, compiled), indent=2) + "\n"
    return {f"{job.name}.ptx": compiled.ptx, f"{job.name}.json": record}


def build_unoptimised(job: Job) -> dict[str, str]:
    """File name to text: the PTX of nvcc -G, which has no record: it is made for one run and never committed."""
    ptx = compile_unoptimised(job.source, ROOT, job.target, cuda_flags(job))
    return {f"{job.name}.unoptimised.ptx": ptx}


def cuda_flags(job: Job) -> list[str]:
    """The variant's flags, its compiled axes (-DHEAD_DIM=256) and dtypes (-DACTIVATION_BFLOAT16)."""
    axes = [f"-D{axis.upper()}={value}" for axis, value in job.specialisation["axes"].items()]
    dtypes = [f"-D{name.upper()}_{dtype.upper()}" for name, dtype in job.dtypes.items()]
    return [*job.stage["flags"], *axes, *dtypes]


def compile_job(job: Job) -> Compiled:
    """Run the job's compiler."""
    axes = job.specialisation["axes"]
    if job.rule["language"] == "cuda":
        return compile_cuda(job.source, ROOT, job.target, cuda_flags(job))
    signature = {parameter["name"]: triton_type(job, parameter) for parameter in job.stage["parameters"]}
    constants = {name: axes[name] for name, kind in signature.items() if kind == "constexpr"}
    divisible = job.stage.get("divisibleBy16", [])
    return compile_triton(
        job.source, ROOT, job.stage["function"], job.target, signature, constants, divisible, job.stage["options"]
    )


def triton_type(job: Job, parameter: dict) -> str:
    """Triton's spelling of one parameter's type."""
    kind = parameter.get("kind", "buffer")
    if kind == "constexpr":
        return "constexpr"
    if kind == "scalar":
        return parameter["dtype"].replace("f32", "fp32").replace("f64", "fp64")
    dtype = job.declared.tensors[parameter["name"]]["dtype"]
    return "*" + TRITON_TYPES[job.dtypes.get(dtype, dtype)]


def describe(job: Job, compiled: Compiled) -> dict:
    """The record that stands beside the PTX."""
    rule, stage = job.rule, job.stage
    parameters = [
        {"name": parameter["name"], "kind": "buffer", **parameter}
        for parameter in stage["parameters"]
        if parameter.get("kind") != "constexpr"
    ]
    block, shared_bytes = stage["launch"]["block"], stage["launch"].get("sharedBytes", "0")
    if rule["language"] == "triton":
        parameters += [{"name": name, "kind": "null"} for name in SCRATCH]
        block, shared_bytes = [str(32 * stage["options"]["num_warps"]), "1", "1"], str(compiled.shared_bytes)
    verify_signature(job, compiled.ptx, parameters)
    dependencies = compiled.included if rule["language"] == "cuda" else imported_files(job.source, ROOT)
    return {
        "schema": "decode-lab/artifact@1",
        "op": job.op,
        "variant": job.variant,
        **({"stage": stage["name"]} if "name" in stage else {}),
        "specialisation": job.specialisation,
        "language": "ptx",
        "entry": stage["function"],
        "target": directive(compiled.ptx, "target"),
        "parameters": parameters,
        "launch": {"grid": stage["launch"]["grid"], "block": block, "sharedBytes": shared_bytes},
        "resources": resources(compiled.ptx, directive(compiled.ptx, "target"), stage["function"]),
        "provenance": {
            "compiler": "nvcc" if rule["language"] == "cuda" else "triton",
            "version": compiled.version,
            "flags": compiled.flags,
            "source": job.source.name,
            "sourceSha256": sha256(job.source),
            "recipeSha256": recipe_sha256(rule, job.declared.tensors, job.declared.dtypes),
            "dependencies": {path.relative_to(ROOT).as_posix(): sha256(path) for path in sorted(dependencies)},
            "ptxSha256": hashlib.sha256(compiled.ptx.encode()).hexdigest(),
        },
    }


def directive(ptx: str, name: str) -> str:
    """First operand of a module directive such as .target."""
    match = re.search(rf"^\.{name}\s+([^\s,]+)", ptx, flags=re.MULTILINE)
    if match is None:
        raise InputError(f"the PTX has no .{name} line")
    return match[1]


def entry_parameters(ptx: str, entry: str) -> list[tuple[str, bool]]:
    """PTX type and whether it is marked as a pointer, for each parameter of `entry`."""
    match = re.search(rf"\.entry\s+{re.escape(entry)}\s*\(([^)]*)\)", ptx)
    if match is None:
        raise InputError(f"the PTX has no entry {entry!r}")
    return [
        (kind, bool(pointer))
        for kind, pointer in re.findall(r"\.param\s+(?:\.align\s+\d+\s+)?\.(\w+)(\s+\.ptr)?", match[1])
    ]


def verify_signature(job: Job, ptx: str, parameters: list[dict]) -> None:
    """The PTX takes the declared parameters, with the declared widths."""
    widths = [int(kind[1:]) for kind, _ in entry_parameters(ptx, job.stage["function"])]
    declared = [PTX_WIDTHS[parameter["dtype"]] if parameter["kind"] == "scalar" else 64 for parameter in parameters]
    if widths != declared:
        raise InputError(
            f"{job.source.name}: the definition declares parameters of {declared} bits, the PTX has {widths}"
        )
