"""Under which conditions the figures were had; what cannot be read is left out."""

import subprocess
import time
from collections.abc import Callable
from datetime import datetime, timezone

FIELDS = {
    "driver_version": "driver",
    "clocks.sm": "sm_clock_mhz",
    "clocks.max.sm": "max_sm_clock_mhz",
    "clocks.mem": "memory_clock_mhz",
    "clocks.max.mem": "max_memory_clock_mhz",
    "power.limit": "power_limit_w",
    "ecc.mode.current": "ecc",
}
TIMEOUT_S = 20


def software_and_device() -> dict[str, object]:
    """Device, versions and date."""
    import torch
    import triton

    properties = torch.cuda.get_device_properties(0)
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "device": properties.name,
        "compute_capability": f"{properties.major}.{properties.minor}",
        "multiprocessors": properties.multi_processor_count,
        "l2_bytes": properties.L2_cache_size,
        "memory_bytes": properties.total_memory,
        "torch": torch.__version__,
        "cuda_runtime": torch.version.cuda,
        "triton": triton.__version__,
    }


def read_under_load(uuid: str, load: Callable[[], object]) -> dict[str, object]:
    """Driver, clocks, power limit and ECC of this device while `load` runs again and again; nothing is set."""
    query = ["nvidia-smi", f"--id={uuid}", f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]
    try:
        reader = subprocess.Popen(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return {}
    deadline = time.monotonic() + TIMEOUT_S
    while reader.poll() is None and time.monotonic() < deadline:
        load()
    if reader.poll() is None:
        reader.kill()
    answer, _ = reader.communicate()
    return parse_nvidia_smi(answer) if reader.returncode == 0 else {}


def parse_nvidia_smi(answer: str) -> dict[str, object]:
    """Fields by name from one line; those that the device does not have are absent."""
    words = [word.strip() for word in answer.strip().split(",")]
    if len(words) != len(FIELDS):
        return {}
    return {name: number(word) for name, word in zip(FIELDS.values(), words, strict=True) if not word.startswith("[")}


def number(word: str) -> object:
    """A number where the word is one; a version has two dots and stays text."""
    try:
        return float(word)
    except ValueError:
        return word
