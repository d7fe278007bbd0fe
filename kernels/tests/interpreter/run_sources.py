"""Run Triton sources, `triton:WORKLOAD` or `exhibits/NAME/SIDE:WORKLOAD`, in Triton's interpreter (TRITON_INTERPRET=1).

Prints one JSON object: argument to list of violations of the 2x rule.
"""

import json
import sys

from launch_rules import exhibits, launch_triton
from tolerance import violations
from workload_inputs import DEFINITION, FOLDER, WORKLOADS, make_inputs


def judge(argument: str) -> list[str]:
    """Violations of one source on one workload."""
    variant, _, workload_id = argument.partition(":")
    workload = WORKLOADS[workload_id]
    inputs = make_inputs(workload)
    if variant.startswith("exhibits/"):
        rule, source = exhibits()[variant.split("/")[1]]["variant"], FOLDER / f"{variant}.py"
    else:
        rule = DEFINITION["variants"][variant]
        source = FOLDER / rule["source"]
    return violations(workload, inputs, launch_triton(source, rule, workload, inputs))


if __name__ == "__main__":
    print(json.dumps({argument: judge(argument) for argument in sys.argv[1:]}))
