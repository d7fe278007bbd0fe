"""Committed artifacts answer the definition, fit their sources and name no path of the machine that made them."""

import hashlib
import json
import re

import pytest

from decode_kernels.artifacts import PACKAGE, Job, jobs, operations

JOBS = [job for op in operations() for job in jobs(op)]


def text(job: Job, extension: str) -> str:
    """One committed file."""
    return (PACKAGE / job.folder / f"{job.name}.{extension}").read_text()


@pytest.mark.parametrize("job", JOBS, ids=lambda job: f"{job.variant}-{job.name}")
def test_artifact_fits_its_source(job):
    record, ptx = json.loads(text(job, "json")), text(job, "ptx")
    provenance = record["provenance"]
    assert provenance["sourceSha256"] == hashlib.sha256(job.source.read_bytes()).hexdigest()
    assert provenance["ptxSha256"] == hashlib.sha256(ptx.encode()).hexdigest()
    assert record["variant"] == job.variant
    assert record["target"].rstrip("af") == job.target
    assert f".target {record['target']}" in ptx
    assert len(ptx.encode()) <= 400 * 1024


@pytest.mark.parametrize("job", JOBS, ids=lambda job: f"{job.variant}-{job.name}")
def test_artifact_names_no_absolute_path(job):
    ptx = text(job, "ptx")
    files = re.findall(r'^\s*\.file\s+\d+\s+"([^"]+)"', ptx, flags=re.MULTILINE)
    assert files[0] == job.source.relative_to(PACKAGE.parent).as_posix()
    assert not [path for path in files if path.startswith("/") or ".." in path]
    lines = re.findall(r"^\s*\.b8\s+([\d, ]+)", ptx, flags=re.MULTILINE)
    debug = bytes(int(byte) for line in lines for byte in line.split(","))
    assert b"/" not in debug.replace(job.source.parent.relative_to(PACKAGE.parent).as_posix().encode(), b"")


@pytest.mark.parametrize("op", operations())
def test_no_artifact_is_left_over(op):
    wanted = {PACKAGE / job.folder / f"{job.name}.{end}" for job in jobs(op) for end in ("ptx", "json")}
    assert {path for path in (PACKAGE / op).rglob("artifacts/*") if path.is_file()} == wanted
