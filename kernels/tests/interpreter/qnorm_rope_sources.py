"""Run Triton sources in Triton's interpreter (TRITON_INTERPRET=1): `triton:WORKLOAD` or `exhibits/NAME/SIDE:WORKLOAD`,
and the operator's launch of them: `op:WORKLOAD`.

Prints one JSON object: argument to list of violations of the 2x rule and, where the kernel rounds as the eager model,
of bits that the eager model does not give.
"""

import json
import sys

import torch

from decode_kernels.qnorm_rope.ops import launch
from qnorm_rope_inputs import DEFINITION, FOLDER, WORKLOADS, activation, make_inputs, op_arguments
from qnorm_rope_launch import exhibits, launch_triton
from qnorm_rope_tolerance import strange_bits, violations


def judge(argument: str) -> list[str]:
    """Violations of one source on one workload."""
    variant, _, workload_id = argument.partition(":")
    workload = WORKLOADS[workload_id]
    inputs = make_inputs(workload)
    if variant == "op":
        outputs = launch_operator(workload, inputs)
    elif variant.startswith("exhibits/"):
        rule = exhibits()[variant.split("/")[1]]["variant"]
        outputs = launch_triton(FOLDER / f"{variant}.py", rule, workload, inputs)
    else:
        rule = DEFINITION["variants"][variant]
        outputs = launch_triton(FOLDER / rule["source"], rule, workload, inputs)
    dropped_bits = activation(workload) == torch.bfloat16  # the interpreter's cast errs by twice a rounding
    found = violations(workload, inputs, outputs, roundings=2 if dropped_bits else 1)
    return found + (strange_bits(workload, inputs, outputs) if workload["axes"]["round_intermediate"] else [])


def launch_operator(workload: dict, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Outputs by name of what the operator launches on cuda; the inputs' cache stays as it is."""
    copies = {name: tensor.clone() for name, tensor in inputs.items()}
    q_out, k_out, v_out = launch(*op_arguments(workload, copies))
    if "kv_cache" in copies:
        assert k_out.shape[1] == v_out.shape[1] == 0
        return {"q_out": q_out, "kv_cache": copies["kv_cache"]}
    return {"q_out": q_out, "k_out": k_out, "v_out": v_out}


if __name__ == "__main__":
    print(json.dumps({argument: judge(argument) for argument in sys.argv[1:]}))
