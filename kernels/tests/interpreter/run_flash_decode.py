"""Run flash_decode's two stages on workloads in Triton's interpreter (TRITON_INTERPRET=1).

Inputs are float16, since the interpreter computes no bfloat16. Prints one JSON object: workload to list of violations.
"""

import json
import sys

from decode_kernels.flash_decode.ops import launch
from flash_decode_inputs import WORKLOADS, make_inputs, op_arguments, violations


def judge(name: str) -> list[str]:
    """Violations on one workload."""
    workload = {**WORKLOADS[name], "dtypes": {"activation": "float16"}}
    inputs = make_inputs(workload)
    return violations(workload, inputs, launch(*op_arguments(workload, inputs)))


if __name__ == "__main__":
    print(json.dumps({name: judge(name) for name in sys.argv[1:]}))
