"""What must be so before jobs are submitted: queue, network, image, input data, quota."""

from geoschem_bench.aws.gates.keeper import GateKeeper
from geoschem_bench.aws.gates.state import GateState, Kind, Question, Want

__all__ = ["GateKeeper", "GateState", "Kind", "Question", "Want"]
