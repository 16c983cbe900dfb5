"""A local simulator of OpenAI's Assistants API, for tests of programs written against it.

    from simulator import Simulator, call, say

    sim = Simulator()
    sim.script(call("get_weather", location="Paris"), say("It is sunny."))
    client = sim.client()      # an openai.OpenAI, with no key and no network

The names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api.wire import NoResponse, Request, Response
    from .backend import turns
    from .backend.brain import View
    from .backend.fault_kinds import cut_stream, delay, http_error, lock_lag, no_answer, rival_run, split_stream, stay
    from .backend.turns import (
        call,
        call_tools,
        fail,
        finish,
        hang,
        image,
        incomplete,
        raw_call,
        refusal,
        run_code,
        say,
        search_files,
    )
    from .checks.checking import check_run_loop
    from .decorator import simulated
    from .errors import CheckFailed, RequestBlocked, SimulatorError
    from .migration.twins import twin
    from .recording.using import use_cassette
    from .scenario.playing import play
    from .simulator import Simulator

_HOMES = {
    "CheckFailed": ".errors",
    "NoResponse": ".api.wire",
    "Request": ".api.wire",
    "RequestBlocked": ".errors",
    "Response": ".api.wire",
    "Simulator": ".simulator",
    "SimulatorError": ".errors",
    "View": ".backend.brain",
    "call": ".backend.turns",
    "call_tools": ".backend.turns",
    "check_run_loop": ".checks.checking",
    "cut_stream": ".backend.fault_kinds",
    "delay": ".backend.fault_kinds",
    "fail": ".backend.turns",
    "finish": ".backend.turns",
    "hang": ".backend.turns",
    "http_error": ".backend.fault_kinds",
    "image": ".backend.turns",
    "incomplete": ".backend.turns",
    "lock_lag": ".backend.fault_kinds",
    "no_answer": ".backend.fault_kinds",
    "play": ".scenario.playing",
    "raw_call": ".backend.turns",
    "refusal": ".backend.turns",
    "rival_run": ".backend.fault_kinds",
    "run_code": ".backend.turns",
    "say": ".backend.turns",
    "search_files": ".backend.turns",
    "simulated": ".decorator",
    "split_stream": ".backend.fault_kinds",
    "stay": ".backend.fault_kinds",
    "turns": ".backend.turns",
    "twin": ".migration.twins",
    "use_cassette": ".recording.using",
}

__all__ = [
    "CheckFailed",
    "NoResponse",
    "Request",
    "RequestBlocked",
    "Response",
    "Simulator",
    "SimulatorError",
    "View",
    "call",
    "call_tools",
    "check_run_loop",
    "cut_stream",
    "delay",
    "fail",
    "finish",
    "hang",
    "http_error",
    "image",
    "incomplete",
    "lock_lag",
    "no_answer",
    "play",
    "raw_call",
    "refusal",
    "rival_run",
    "run_code",
    "say",
    "search_files",
    "simulated",
    "split_stream",
    "stay",
    "turns",
    "twin",
    "use_cassette",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(home, __name__)
    value = module if name == "turns" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
