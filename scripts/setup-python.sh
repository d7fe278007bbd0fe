#!/usr/bin/env bash
# Makes .venv from kernels/requirements-test.txt; one that was made from the same list is left as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=kernels/requirements-test.txt
stamp=.venv/requirements.sha256
wanted=$(sha256sum "$requirements" | cut -d' ' -f1)

if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
  exit 0
fi
rm -rf .venv
python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements"
echo "$wanted" >"$stamp"
