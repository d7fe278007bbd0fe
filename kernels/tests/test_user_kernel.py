"""A user's own kernel: PTX, a launch skeleton, and one clear line where something is wrong."""

import json
from pathlib import Path

import pytest

from decode_kernels import compile as command

TRITON = """
import triton
import triton.language as tl


@triton.jit
def scale(x, y, n, factor, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + i, tl.load(x + i, mask=i < n) * factor, mask=i < n)
"""
CUDA = """
extern "C" __global__ void saxpy(const float* __restrict__ x, float *y, int n, float a) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] += a * x[i];
}
"""
STRUCT = CUDA.replace("float a", "S a").replace("a *", "a.a[0] *")
CALL = ["--signature", "*bf16,*fp32,i32,fp32", "--constexpr", "BLOCK=64", "--num-warps", "2"]


def compile_user(kernel, *options):
    """Exit code; skips where the compiler is missing."""
    code = command.main(["--user", str(kernel), *options])
    if code == 3:
        pytest.skip("the compiler is missing")
    return code


@pytest.fixture
def triton_kernel(tmp_path):
    """A file with one Triton kernel."""
    (tmp_path / "scale.py").write_text(TRITON)
    return tmp_path / "scale.py"


def test_triton(triton_kernel, capsys):
    assert compile_user(f"{triton_kernel}:scale", *CALL, "--json") == 0
    artifact = triton_kernel.with_suffix(".ptx")
    written = {"file": str(triton_kernel.with_suffix(".launch.json")), "action": "written"}
    assert json.loads(capsys.readouterr().out) == {"artifact": str(artifact), "changed": True, "launch": written}
    launch = json.loads(triton_kernel.with_suffix(".launch.json").read_text())
    assert (launch["schema"], launch["ptx"], launch["entry"]) == ("decode-lab/launch@1", "scale.ptx", "scale")
    assert (launch["grid"], launch["block"], launch["sharedBytes"]) == ([1, 1, 1], [64, 1, 1], 0)
    dtypes = [(parameter["name"], parameter["kind"], parameter["dtype"]) for parameter in launch["params"]]
    buffers = [("x", "buffer", "bf16"), ("y", "buffer", "f32")]
    assert dtypes == [*buffers, ("n", "scalar", "i32"), ("factor", "scalar", "f32")]
    assert '.file\t1 "scale.py"' in artifact.read_text()


def test_triton_defaults_and_decorators(triton_kernel):
    text = TRITON.replace("BLOCK: tl.constexpr", "BLOCK: tl.constexpr = 64")
    configs = '@triton.autotune([triton.Config({"BLOCK": 64}), triton.Config({"BLOCK": 32})], key=["n"])\n@triton.jit'
    triton_kernel.write_text(text.replace("@triton.jit", configs))
    assert compile_user(f"{triton_kernel}:scale", "--signature", "*bf16,*fp32,i32:16,fp32") == 0
    assert "ld.global" in triton_kernel.with_suffix(".ptx").read_text()


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        (CUDA.replace('extern "C" ', ""), [("x", "f32"), ("y", "f32"), ("n", "i32"), ("a", "f32")]),
        (
            CUDA.replace("float a", "Real a"),
            [("param_0", "u8"), ("param_1", "u8"), ("param_2", "u32"), ("param_3", "f32")],
        ),
    ],
)
def test_cuda_names(tmp_path, text, parameters):
    (tmp_path / "saxpy.cu").write_text("typedef float Real;" + text)
    assert compile_user(tmp_path / "saxpy.cu", "--flag=-G") == 0
    launch = json.loads((tmp_path / "saxpy.launch.json").read_text())
    assert [(parameter["name"], parameter["dtype"]) for parameter in launch["params"]] == parameters


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["--num-warps", "many"], "argument --num-warps: invalid int value: 'many'"),
        (["--op", "qnorm_rope", "--user", "x.cu"], "--user compiles one file: leave out --op and --variant"),
        (["--signature", "*bf16"], "describe a kernel of your own: give --user too"),
    ],
)
def test_usage_errors(options, message, capsys):
    assert command.main(options) == 2
    assert message in capsys.readouterr().err


def test_cuda(tmp_path):
    (tmp_path / "saxpy.cu").write_text(CUDA)
    out = tmp_path / "out"
    assert compile_user(tmp_path / "saxpy.cu", "--target", "sm_90", "--out", str(out)) == 0
    assert ".target sm_90" in (out / "saxpy.ptx").read_text()
    launch = json.loads((out / "saxpy.launch.json").read_text())
    assert launch["entry"] == "saxpy"
    dtypes = [(parameter["name"], parameter["kind"], parameter["dtype"]) for parameter in launch["params"]]
    buffers = [("x", "buffer", "f32"), ("y", "buffer", "f32")]
    assert dtypes == [*buffers, ("n", "scalar", "i32"), ("a", "scalar", "f32")]


def test_unoptimised(tmp_path, capsys):
    (tmp_path / "saxpy.cu").write_text(CUDA)
    assert compile_user(tmp_path / "saxpy.cu", "--unoptimised", "--json") == 0
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    name = "saxpy.unoptimised.ptx"
    assert first["launch"] == {"file": str(tmp_path / "saxpy.launch.json"), "action": "written"}
    assert second == {"artifact": str(tmp_path / name), "changed": True}
    assert json.loads((tmp_path / "saxpy.launch.json").read_text())["unoptimised"] == name
    text = (tmp_path / name).read_text()
    assert ".debug_" not in text
    assert ".target sm_80\n" in text
    assert '.file\t1 "saxpy.cu"' in text
    assert "ld.global" not in text  # generic addresses, as only code without optimisation has them here
    (tmp_path / "saxpy.launch.json").write_text("{}")
    assert compile_user(tmp_path / "saxpy.cu", "--unoptimised") == 0
    told = f'          to run both passes, give it "unoptimised": "{name}"'
    assert capsys.readouterr().out.splitlines()[2] == told


def test_unoptimised_is_for_cuda(triton_kernel, capsys):
    assert compile_user(f"{triton_kernel}:scale", "--unoptimised", *CALL) == 2
    assert "--unoptimised is for CUDA" in capsys.readouterr().err


def test_the_committed_pair_with_a_hidden_race_is_current():
    folder = Path(__file__).parents[2] / "test" / "e2e" / "hidden-race"
    for side in ("broken", "twin"):
        assert compile_user(folder / f"{side}.cu", "--unoptimised", "--check") == 0


def test_scalars_of_a_skeleton_fit_their_types(tmp_path):
    parameters = "char* y, unsigned char a, bool b, signed char c, short d, float e"
    (tmp_path / "f.cu").write_text(f"__global__ void f({parameters}) {{ y[a] = b + c + d + e; }}")
    assert compile_user(tmp_path / "f.cu") == 0
    parameters = json.loads((tmp_path / "f.launch.json").read_text())["params"][1:]
    values = [(parameter["dtype"], parameter["value"]) for parameter in parameters]
    assert values == [("u8", 1), ("u8", 1), ("i8", 1), ("i16", 1024), ("f32", 1.0)]


def test_a_launch_file_that_is_there_is_kept(tmp_path, capsys):
    (tmp_path / "saxpy.cu").write_text(CUDA)
    launch = tmp_path / "saxpy.launch.json"
    launch.write_text("filled in")
    assert compile_user(tmp_path / "saxpy.cu") == 0
    assert launch.read_text() == "filled in"
    assert capsys.readouterr().out.splitlines() == [f"changed   {tmp_path / 'saxpy.ptx'}", f"kept      {launch}"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--signature", "*bf16", "--constexpr", "BLOCK=64"], "needs a type for each of (x, y, n, factor)"),
        (["--signature", "*bf16,*bf16,i32,f32x", "--constexpr", "BLOCK=64"], "'f32x' for factor is not a Triton type"),
        (["--signature", "*bf16,*bf16,i32,fp32"], "BLOCK is a constexpr; give --constexpr BLOCK=VALUE"),
        (["--constexpr", "BLOCK"], "--constexpr 'BLOCK' is not NAME=VALUE"),
        (["--constexpr", "WIDTH=1"], "scale has no parameter 'WIDTH'; it takes (x, y, n, factor, BLOCK)"),
        ([*CALL[:3], "BLOCK=100"], "scale.py:scale: at 2:35: arange's range must be a power of 2\n"),
        ([*CALL, "--target", "hopper"], "target 'hopper' is not of the form sm_80"),
    ],
)
def test_triton_input_errors(triton_kernel, options, message, capsys):
    assert compile_user(f"{triton_kernel}:scale", *options) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "suffix", "message"),
    [
        ("absent.py", None, ":scale", "absent.py: no such file"),
        ("kernel.txt", "", "", "neither FILE.py:FUNCTION (Triton) nor FILE.cu (CUDA)"),
        ("kernel.py", TRITON, "", "say which function, as kernel.py:FUNCTION"),
        ("kernel.py", TRITON, ":other", "kernel.py has no function 'other'"),
        ("kernel.py", "def scale(:", ":scale", "kernel.py:1: invalid syntax"),
        ("kernel.py", TRITON.replace("BLOCK +", "BLOKC +"), ":scale", "kernel.py:scale: "),
        ("kernel.py", TRITON.replace("@triton.jit", ""), ":scale", "kernel.py has no @triton.jit function 'scale'"),
        (
            "kernel.py",
            "import nothing\n" + TRITON,
            ":scale",
            "kernel.py: ModuleNotFoundError: No module named 'nothing'",
        ),
        ("kernel.cu", CUDA.replace("int n", "itn n"), "", 'kernel.cu: kernel.cu(2): error: identifier "itn"'),
        ("kernel.cu", "struct S { float a[3]; };" + STRUCT, "", "kernel.cu: parameter 3 is a struct"),
        ("kernel.cu", CUDA + CUDA.replace("saxpy", "other"), "", "kernel.cu has 2 kernels; say which"),
    ],
)
def test_wrong_files(tmp_path, name, text, suffix, message, capsys):
    if text is not None:
        (tmp_path / name).write_text(text)
    options = CALL if suffix and text else []
    assert compile_user(f"{tmp_path / name}{suffix}", *options) == 2
    stderr = capsys.readouterr().err
    assert message in stderr
    assert stderr.count("\n") == 1
    assert "Traceback" not in stderr
