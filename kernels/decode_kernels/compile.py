"""Compile kernel variants to committed PTX artifacts, or a user's own kernel to PTX and a launch skeleton. No GPU."""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import NoReturn

from .artifacts import PACKAGE, Job, build, build_unoptimised, jobs, operations
from .compilers import CompilerMissing, InputError
from .user_kernel import build_user_kernel

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def main(arguments: list[str]) -> int:
    """Exit code: 0 done, 1 `--check` found a difference, 2 input error, 3 a compiler is missing."""
    try:
        options = parser().parse_args(arguments)
        return compile_user_kernel(options) if options.user else compile_operations(options)
    except (InputError, OSError) as error:
        print(f"decode_kernels.compile: {error}", file=sys.stderr)
        return 2
    except CompilerMissing as error:
        print(f"decode_kernels.compile: {error}", file=sys.stderr)
        return 3


class Parser(argparse.ArgumentParser):
    """Usage errors are input errors, in one line."""

    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = Parser(prog="decode_kernels.compile", description=__doc__)
    cli.add_argument("--op", help="one kernel folder; every folder without it")
    cli.add_argument("--variant", help="one variant, e.g. triton, cuda or exhibits/NAME/broken")
    cli.add_argument("--out", type=Path, help="write below this folder instead of in place")
    cli.add_argument("--unoptimised", action="store_true", help="CUDA: also <name>.unoptimised.ptx, from nvcc -G")
    cli.add_argument("--check", action="store_true", help="write nothing; exit 1 where the result differs")
    cli.add_argument("--json", action="store_true", help="one JSON document per artifact and line")
    user = cli.add_argument_group("a kernel of your own")
    user.add_argument("--user", metavar="FILE.py:FUNCTION|FILE.cu", help="compile this file")
    user.add_argument("--target", default="sm_80", help="default sm_80")
    user.add_argument(
        "--signature",
        default="",
        help='Triton types in order, without constexprs, ":16" for multiples of 16: "*bf16,i32,i32:16"',
    )
    user.add_argument("--constexpr", action="append", default=[], metavar="NAME=VALUE", help="Triton constexpr")
    user.add_argument("--num-warps", type=int, default=4, help="Triton, default 4")
    user.add_argument("--flag", action="append", default=[], help="one more nvcc flag, e.g. --flag=-DN=4")
    return cli


def compile_operations(options: argparse.Namespace) -> int:
    """Make the artifacts of the chosen folders and variants; tell of each whether its bytes changed."""
    if options.signature or options.constexpr or options.flag:
        raise InputError("--signature, --constexpr and --flag describe a kernel of your own: give --user too")
    if options.op is not None and options.op not in operations():
        raise InputError(f"no kernel folder {options.op!r}; there are: {', '.join(operations())}")
    names = [options.op] if options.op else operations()
    chosen = [job for op in names for job in jobs(op) if options.variant in (None, job.variant)]
    if not chosen:
        known = sorted({job.variant for op in names for job in jobs(op)})
        raise InputError(f"no variant {options.variant!r}; there are: {', '.join(known)}")
    for job in chosen:
        if not all(NAME.fullmatch(part) for part in job.variant.split("/")):
            raise InputError(f"variant name {job.variant!r} is not of the form {NAME.pattern}")
    if options.unoptimised and not any(is_cuda(job) for job in chosen):
        raise InputError("--unoptimised is for CUDA: Triton always optimises")
    base = options.out.resolve() if options.out else PACKAGE
    changed = []
    for job in chosen:
        changed.append(deliver(build(job), base / job.folder, options))
        if options.unoptimised and is_cuda(job):
            changed.append(deliver(build_unoptimised(job), base / job.folder, options))
    return 1 if options.check and any(changed) else 0


def is_cuda(job: Job) -> bool:
    """Whether nvcc compiles the job."""
    return job.rule["language"] == "cuda"


def compile_user_kernel(options: argparse.Namespace) -> int:
    """Write FILE.ptx beside the source or below --out, and FILE.launch.json unless there is one."""
    if options.op or options.variant:
        raise InputError("--user compiles one file: leave out --op and --variant")
    files, folder = build_user_kernel(options)
    folder = options.out.resolve() if options.out else folder
    launch = folder / next(name for name in files if name.endswith(".launch.json"))
    report = {"file": str(launch), "action": "written"}
    if launch.exists():
        report = {"file": str(launch), "action": "kept", **missing_member(launch, json.loads(files.pop(launch.name)))}
    unoptimised = {name: files.pop(name) for name in list(files) if name.endswith(".unoptimised.ptx")}
    changed = deliver(files, folder, options, report)
    if unoptimised:
        changed = deliver(unoptimised, folder, options) or changed
    return 1 if options.check and changed else 0


def missing_member(launch: Path, skeleton: dict) -> dict:
    """What a launch file that is kept lacks to run the second pass."""
    name = skeleton.get("unoptimised")
    if name is None or f'"{name}"' in launch.read_text(encoding="utf-8", errors="replace"):
        return {}
    return {"missing": f'"unoptimised": "{name}"'}


def deliver(files: dict[str, str], folder: Path, options: argparse.Namespace, launch: dict | None = None) -> bool:
    """Write files whose bytes differ (none with --check) and report them; True if any differed."""
    changed = False
    for name, text in files.items():
        path = folder / name
        if path.is_file() and path.read_bytes() == text.encode():
            continue
        changed = True
        if not options.check:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    artifact = folder / next(name for name in files if name.endswith(".ptx"))
    if options.json:
        document = {"artifact": str(artifact), "changed": changed}
        print(json.dumps(document if launch is None else {**document, "launch": launch}), flush=True)
    else:
        print(f"{'changed  ' if changed else 'unchanged'} {artifact}", flush=True)
        if launch is not None:
            print(f"{launch['action']:9} {launch['file']}", flush=True)
            if "missing" in launch:
                print(f"          to run both passes, give it {launch['missing']}", flush=True)
    return changed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
