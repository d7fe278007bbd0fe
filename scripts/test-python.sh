#!/usr/bin/env bash
# ruff over kernels/ and bench/, pytest over kernels/, in the project's own virtual environment; arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/setup-python.sh
.venv/bin/ruff check kernels
.venv/bin/ruff format --check kernels
.venv/bin/ruff check --config kernels/pyproject.toml bench
.venv/bin/ruff format --check --config kernels/pyproject.toml bench
.venv/bin/python -m pytest kernels/tests "$@"
