"""flash_decode's committed code fits every device of its targets: 99 KiB of shared memory (sm_86, sm_89), no spills."""

import json

import pytest

from flash_decode_inputs import DEFINITION, FOLDER

RECORDS = sorted((FOLDER / "artifacts").glob("*.json"))
LARGEST_SHARED_BYTES = 99 * 1024


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.stem)
def test_resources(file):
    record = json.loads(file.read_text())
    assert int(record["launch"]["sharedBytes"]) <= LARGEST_SHARED_BYTES
    assert record["resources"]["spillStoreBytes"] == record["resources"]["spillLoadBytes"] == 0
    assert record["resources"]["stackBytes"] == 0


@pytest.mark.parametrize("name", DEFINITION["variants"])
def test_every_specialisation_serves_a_workload(name):
    for specialisation in DEFINITION["variants"][name]["specialisations"]:
        dtype = specialisation.get("dtypes", {}).get("activation", "bfloat16")
        assert any(
            specialisation["axes"].items() <= workload["axes"].items()
            and workload.get("dtypes", {}).get("activation", "bfloat16") == dtype
            for workload in DEFINITION["workloads"]
        ), specialisation["name"]
