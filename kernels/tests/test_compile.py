"""compile.py: the same bytes on every machine, its command line and its exit codes."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from decode_kernels import compile as command
from decode_kernels.artifacts import PACKAGE, build, jobs, operations
from decode_kernels.compilers import CompilerMissing, nvcc

JOBS = [job for op in operations() for job in jobs(op)]


def run(*arguments, cwd=PACKAGE.parent, prelude="pass"):
    """`python -m decode_kernels.compile` in a process of its own, after the statements of `prelude`."""
    code = f"import sys; {prelude}; from decode_kernels.compile import main; sys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "TRITON_INTERPRET": "1"}  # must not matter
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, env=environment
    )


@pytest.mark.parametrize("job", JOBS, ids=lambda job: f"{job.variant}-{job.name}")
def test_compiles_to_the_committed_bytes(job):
    folder = PACKAGE / job.folder
    committed = json.loads((folder / f"{job.name}.json").read_text())["provenance"]
    try:
        files = build(job)
    except CompilerMissing as error:
        pytest.skip(str(error))
    provenance = json.loads(files[f"{job.name}.json"])["provenance"]
    if provenance["version"] != committed["version"]:
        pytest.skip(f"made by {committed['compiler']} {committed['version']}, here is {provenance['version']}")
    for name, text in files.items():
        assert text == (folder / name).read_text()


def test_neither_the_folder_nor_torch_matters(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "elsewhere" / "decode_kernels")
    done = run(
        "--op", "qnorm_rope", "--check", "--json", cwd=tmp_path / "elsewhere", prelude="sys.modules['torch'] = None"
    )
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["changed"] for line in lines] == [False] * sum(job.op == "qnorm_rope" for job in JOBS)
    assert done.returncode == 0


def test_unoptimised(tmp_path):
    done = run("--op", "qnorm_rope", "--variant", "cuda", "--unoptimised", "--out", tmp_path)
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    made = sorted(path.name for path in (tmp_path / "qnorm_rope/artifacts").glob("*.unoptimised.ptx"))
    wanted = [job for job in JOBS if (job.op, job.variant) == ("qnorm_rope", "cuda")]
    assert made == sorted(f"{job.name}.unoptimised.ptx" for job in wanted)
    assert len(done.stdout.splitlines()) == 2 * len(wanted)
    refused = run("--op", "qnorm_rope", "--variant", "triton", "--unoptimised", "--out", tmp_path)
    assert refused.returncode == 2
    assert "--unoptimised is for CUDA" in refused.stderr


def test_out_writes_elsewhere(tmp_path):
    done = run("--op", "qnorm_rope", "--variant", "exhibits/store-reload-race/twin", "--out", tmp_path)
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    folder = tmp_path / "qnorm_rope/exhibits/store-reload-race/artifacts"
    assert sorted(path.name for path in folder.iterdir()) == ["twin.hd256.sm_80.json", "twin.hd256.sm_80.ptx"]
    assert done.stdout == f"changed   {folder / 'twin.hd256.sm_80.ptx'}\n"


def test_check_finds_a_change_and_writes_nothing(tmp_path):
    done = run("--variant", "exhibits/store-reload-race/twin", "--out", tmp_path, "--check", "--json")
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 1
    assert json.loads(done.stdout)["changed"] is True
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--op", "nothing"], "no kernel folder 'nothing'; there are: flash_decode, lm_head_int4, qnorm_rope"),
        (["--variant", "nothing"], "no variant 'nothing'; there are: argmax-triton, cuda, exhibits/"),
    ],
)
def test_unknown_names_are_input_errors(arguments, message, capsys):
    assert command.main(arguments) == 2
    assert message in one_line(capsys)


def test_missing_triton_is_exit_code_3(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "triton", None)
    assert command.main(["--variant", "triton", "--check"]) == 3
    assert "triton 3.7.1 is not installed; `python -m pip install" in one_line(capsys)


def test_missing_nvcc_is_exit_code_3(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(nvcc.sysconfig, "get_path", lambda _: str(tmp_path))
    assert command.main(["--variant", "cuda", "--check"]) == 3
    assert "nvcc 13.0.88 is not on PATH" in one_line(capsys)


def one_line(capsys) -> str:
    """What went to stderr: one line, and no trace."""
    stderr = capsys.readouterr().err
    assert stderr.startswith("decode_kernels.compile: ")
    assert stderr.count("\n") == 1
    return stderr
