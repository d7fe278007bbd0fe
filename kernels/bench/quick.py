"""A first look at how fast the operators are: quick.py [--op NAME] [--case SUBSTRING] [--json FILE].

Exit 1: an output is wrong or a figure impossible. Exit 3: no CUDA device. No setting of the device is changed.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)  # of `bench` and `decode_kernels`
    from bench.command import main

    sys.exit(main(sys.argv[1:]))
