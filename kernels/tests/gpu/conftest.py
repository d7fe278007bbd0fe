"""Everything in this folder needs a CUDA device and is marked `gpu`."""

from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the folder's tests; skip them with the reason where there is no device."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.gpu)
            if not torch.cuda.is_available():
                item.add_marker(pytest.mark.skip(reason="torch finds no CUDA device"))


@pytest.fixture(autouse=True)
def current_context() -> None:
    """A CUDA context on this thread for the driver calls."""
    torch.zeros(1, device="cuda")
