"""Exhibits: broken and twin differ by one line, and each race is what its name says in the compiled code."""

import difflib
import json
import re

import pytest

from decode_kernels.artifacts import PACKAGE, jobs
from qnorm_rope_inputs import FOLDER, WORKLOADS
from qnorm_rope_launch import exhibits, fits

EXHIBITS = exhibits()
SIDES = ("broken", "twin")


def ptx(name: str, side: str) -> str:
    """The one artifact of an exhibit's side."""
    (job,) = [job for job in jobs("qnorm_rope") if job.variant == f"exhibits/{name}/{side}"]
    return (PACKAGE / job.folder / f"{job.name}.ptx").read_text()


def accesses(text: str) -> list[str]:
    """Barriers and global loads and stores in order, without predicates and operands."""
    return re.findall(r"\b(bar\.sync|ld\.global|st\.global)", text)


@pytest.mark.parametrize("name", EXHIBITS)
def test_one_line_apart(name):
    extension = {"triton": "py", "cuda": "cu"}[EXHIBITS[name]["variant"]["language"]]
    broken, twin = ((FOLDER / f"exhibits/{name}/{side}.{extension}").read_text() for side in SIDES)
    diff = [line for line in difflib.ndiff(broken.splitlines(), twin.splitlines()) if line[0] in "+-"]
    assert [line[0] for line in diff] in (["+"], ["-", "+"])


@pytest.mark.parametrize("name", EXHIBITS)
def test_workload_exists_and_fits(name):
    exhibit = EXHIBITS[name]
    (specialisation,) = exhibit["variant"]["specialisations"]
    workload = WORKLOADS[exhibit["workload"]]
    assert fits(specialisation, workload)
    has_cache = "kv_cache" in {parameter["name"] for parameter in exhibit["variant"]["parameters"]}
    assert has_cache == (workload["axes"]["num_kv_heads"] > 0) == (workload["axes"]["cache_layout"] > 0)
    assert exhibit["name"] == name
    assert exhibit["variant"]["targets"] == [exhibit["target"]]


def test_store_reload_race_lacks_the_barrier():
    race, fence = ["st.global", "ld.global", "bar.sync", "st.global"], ["st.global", "bar.sync"]
    assert accesses(ptx("store-reload-race", "broken"))[-4:] == race
    assert accesses(ptx("store-reload-race", "twin"))[-5:] == [*fence, *race[1:]]


def test_store_reload_race_reloads_what_another_thread_stored():
    """The store is at 2 tid, the reload at 2 tid xor 128: its owner is the thread 64 places away, in another warp."""
    text = ptx("store-reload-race", "broken")
    own, partner = re.findall(r"(?:xor\.b32)\s+(%r\d+), (%r\d+), 128;", text)[0][::-1]
    base = re.search(rf"mad\.wide\.u32\s+(%rd\d+), {partner}, 2, (%rd\d+);", text)
    offset = re.search(rf"mul\.wide\.u32\s+(%rd\d+), {own}, 2;", text)[1]
    store = re.search(rf"add\.s64\s+(%rd\d+), {base[2]}, {offset};", text)[1]
    assert re.search(rf"st\.global\.b32 \[ {store} \+ 0 \]", text)
    assert re.search(rf"ld\.global\.b32 \{{ %r\d+ \}}, \[ {base[1]} \+ 0 \]", text)


def test_overlapping_stores_have_two_widths():
    """The whole row goes out 4 elements to a thread, the rotated part 1 to a thread, with no barrier between them."""
    text = ptx("overlapping-stores", "broken")
    assert re.findall(r"st\.global\.(v2\.b32|b16)", text) == ["v2.b32", "b16", "b16"]
    assert "bar.sync" not in accesses(text)[accesses(text).index("st.global") :]


def test_in_place_rotation_lacks_the_barrier():
    """Own and partner element are loaded and the own stored; only the twin waits for the other threads' loads."""
    tail = {
        side: re.findall(r"bar\.sync|ld\.global\.u16|st\.global\.u16", ptx("in-place-rotation", side)) for side in SIDES
    }
    loads, store = ["ld.global.u16", "ld.global.u16"], ["st.global.u16"]
    assert tail["broken"][-4:] == ["bar.sync", *loads, *store]
    assert tail["twin"][-5:] == ["bar.sync", *loads, "bar.sync", *store]


def test_cache_exhibits_have_the_layout_that_they_address():
    layouts = {name: WORKLOADS[EXHIBITS[name]["workload"]]["axes"]["cache_layout"] for name in EXHIBITS}
    split = dict.fromkeys(["padding-to-slot-zero", "slot-off-by-one-page"], 1)
    packed = dict.fromkeys(["keys-and-values-swapped", "padding-slot-written"], 2)
    assert {name: layout for name, layout in layouts.items() if layout} == split | packed


def test_expected_checks_are_known():
    expected = {name: json.dumps(exhibit["expected"]) for name, exhibit in EXHIBITS.items()}
    race, diff = '{"check": "races", "class": "intra-cta-global"}', '{"check": "diff"}'
    races = dict.fromkeys(["in-place-rotation", "overlapping-stores", "store-reload-race"], race)
    diffs = [
        "keys-and-values-swapped",
        "off-by-one-position",
        "partial-rotary",
        "slot-off-by-one-page",
        "weight-dropped",
    ]
    padding = {
        "padding-slot-written": '{"check": "bounds"}',
        "padding-to-slot-zero": '{"check": "races", "class": "inter-cta-global"}',
    }
    assert expected == races | dict.fromkeys(diffs, diff) | padding
