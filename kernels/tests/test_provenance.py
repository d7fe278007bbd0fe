"""What is recorded of an artifact's declaration and of the files that its source uses."""

import hashlib

import pytest

from decode_kernels.compilers import CompilerMissing, InputError
from decode_kernels.compilers.nvcc import compile_cuda, included_files
from decode_kernels.provenance import canonical_json, imported_files, recipe_sha256

VARIANT = {"function": "f", "parameters": [{"name": "x"}, {"name": "n", "kind": "scalar", "dtype": "i32"}]}
TENSORS = {"x": {"dtype": "float32", "shape": ["n"]}, "y": {"dtype": "float32", "shape": ["n"]}}


def test_canonical_json_is_that_of_typescript():
    value = {"b": [1, True, None], "a": {"é\u2028\x7f": '"\\\n\x01'}, "\ue000": 0, "\U0001f600": -1}
    # test/unit/canonical.test.ts expects the same
    text = '{"a":{"é\u2028\x7f":"\\"\\\\\\n\\u0001"},"b":[1,true,null],"\U0001f600":-1,"\ue000":0}'
    assert canonical_json(value) == text


@pytest.mark.parametrize("number", [1.5, 1.0, 2**53])
def test_numbers_that_two_languages_write_differently_are_refused(number):
    with pytest.raises(InputError, match="allowed are integers"):
        canonical_json({"options": {"n": number}})


def test_recipe_is_the_variant_and_the_dtypes_of_its_tensors():
    text = (
        '{"dtypes":{"x":"float32"},"variant":{"function":"f",'
        '"parameters":[{"name":"x"},{"dtype":"i32","kind":"scalar","name":"n"}]}}'
    )
    recipe = recipe_sha256(VARIANT, TENSORS, {})
    assert recipe == hashlib.sha256(text.encode()).hexdigest()
    unused = {**TENSORS, "y": {"dtype": "bfloat16", "shape": ["n"]}}
    assert recipe_sha256(VARIANT, unused, {}) == recipe
    used = {**TENSORS, "x": {"dtype": "bfloat16", "shape": ["n"]}}
    assert recipe_sha256(VARIANT, used, {}) != recipe


def test_recipe_is_the_stages_and_what_a_dtype_may_be():
    text = (
        '{"dtypes":{"x":["float16","bfloat16"]},"variant":{"stages":[{"name":"a","parameters":[{"name":"n"}]},'
        '{"name":"b","parameters":[{"name":"x"}]}]}}'
    )
    stages = [{"name": "a", "parameters": [{"name": "n"}]}, {"name": "b", "parameters": [{"name": "x"}]}]
    tensors, choices = {"x": {"dtype": "activation"}}, {"activation": ["float16", "bfloat16"]}
    assert recipe_sha256({"stages": stages}, tensors, choices) == hashlib.sha256(text.encode()).hexdigest()


def write(root, files):
    """Text files below `root`."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_imports_below_the_root_are_followed(tmp_path):
    files = {
        "decode_kernels/op/op.py": "import triton\nimport decode_kernels.math.exp as e\nfrom .h import f\n",
        "decode_kernels/op/h.py": "from . import deep\nfrom .op import again\n",
        "decode_kernels/op/deep.py": "def g():\n    from ..other import name\n",
        "decode_kernels/op/unused.py": "",
        "decode_kernels/other/__init__.py": "from decode_kernels.math import log, missing\n",
        "decode_kernels/math/exp.py": "",
        "decode_kernels/math/log.py": "",
    }
    write(tmp_path, files)
    found = imported_files(tmp_path / "decode_kernels/op/op.py", tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in found}
    assert names == set(files) - {"decode_kernels/op/op.py", "decode_kernels/op/unused.py"}


def test_a_source_without_local_imports_uses_nothing(tmp_path):
    write(tmp_path, {"op.py": "import triton\nfrom triton import language as tl\n", "h.py": ""})
    assert imported_files(tmp_path / "op.py", tmp_path) == set()


def test_a_broken_module_is_an_input_error(tmp_path):
    write(tmp_path, {"op.py": "import h\n", "h.py": "def\n"})
    with pytest.raises(InputError, match=r"^h\.py: SyntaxError"):
        imported_files(tmp_path / "op.py", tmp_path)


def test_included_files_are_those_below_the_root(tmp_path):
    rule = "out/k.ptx : op/a.cu \\\n    /usr/include/x.h \\\n    op/../in\\ c/i.cuh \\\n    ../out.h\n"
    assert included_files(rule, tmp_path) == {tmp_path / "op/a.cu", tmp_path / "in c/i.cuh"}


def test_nvcc_tells_what_a_source_includes(tmp_path):
    files = {
        "op/a.cu": '#include "h.cuh"\n#ifdef NO\n#include "no.cuh"\n#endif\n__global__ void f(int* x) { *x = DEEP; }\n',
        "op/h.cuh": '#include "../shared/deep.cuh"\n',
        "op/no.cuh": "",
        "shared/deep.cuh": "#define DEEP 1\n",
    }
    write(tmp_path, files)
    try:
        compiled = compile_cuda(tmp_path / "op/a.cu", tmp_path, "sm_80", [])
    except CompilerMissing as error:
        pytest.skip(str(error))
    assert compiled.included == {tmp_path / "op/h.cuh", tmp_path / "shared/deep.cuh"}
