"""What these tests start ends with them."""

import pytest

from geoschem_bench.servers import daemons


@pytest.fixture(autouse=True)
def children_end():
    """A daemon outlives the command that started it; none outlives a test."""
    yield
    for child in daemons._children.values():
        child.kill()
        child.wait()
    daemons._children.clear()
