"""What only a simulator answers: the test did not foresee it. The service never said any of these."""

from __future__ import annotations

from traceback import walk_tb

from ... import errors
from .refusal import Surprise


class NotSimulated(Surprise):
    """A route of the same host that is not simulated: the test must stub it or let it through."""

    code = "not_simulated"

    def __init__(self, method: str, path: str) -> None:
        super().__init__(
            f"assistants-simulator: {method} {path} is not simulated."
            f" Answer it with sim.stub('{method} {path}', json=…), or let it reach the network:"
            f" passthrough=['{method} {path}'], an option of intercept() and @pytest.mark.simulator."
        )


class StubFailed(Surprise):
    """Somebody's callable raised, or gave what JSON cannot hold. Raised through the SDK it would be retried."""

    code = "stub_failed"

    def __init__(self, method: str, path: str, error: Exception) -> None:
        super().__init__(f"assistants-simulator: the stub of {method} {path} failed: {errors.told(error)}")


class Reentered(Surprise):
    """A brain, a stub or a `when=` made a request to the simulator that waits for its answer."""

    code = "reentered"

    def __init__(self, method: str, path: str) -> None:
        super().__init__(
            f"assistants-simulator: {method} {path} was made while this simulator asks a brain, a stub or a when=,"
            " by these or by a thread they wait for. What they need is in their argument; do the rest before or after."
        )


class SimulatorFailed(Surprise):
    """Something in the simulator itself broke, most likely over an object that was placed. Please report it."""

    code = "simulator_failed"

    def __init__(self, method: str, path: str, error: Exception) -> None:
        super().__init__(f"assistants-simulator: {method} {path} broke in {_place(error)}: {errors.told(error)}")


class NoTurnLeft(Surprise):
    """The run would have nothing to say: the script is used up, or the brain failed."""

    code = "no_turn_left"

    def __init__(self, message: str) -> None:
        super().__init__(f"assistants-simulator: {message}")


def _place(error: BaseException) -> str:
    places = [f"{frame.f_code.co_qualname}, line {line}" for frame, line in walk_tb(error.__traceback__)]
    return next(reversed(places), "an unknown place")
