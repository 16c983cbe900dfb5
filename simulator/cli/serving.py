"""The command `serve`; the server is loaded when it is asked for."""

from __future__ import annotations

import errno
import ipaddress
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..brains import BrainChoice
from ..errors import MissingExtra, ScenarioError, SimulatorError
from ..importing import callable_named
from .printing import stop, warn

if TYPE_CHECKING:
    from ..simulator import Simulator

LOCAL_NAMES = ("localhost",)
HINTS = {
    errno.EADDRINUSE: "Name another with --port, or leave it out to take a free one.",
    errno.EADDRNOTAVAIL: "Name an address of this machine with --host.",
    errno.EACCES: "Ports below 1024 may be the administrator's: name another with --port.",
}

Host = Annotated[str, typer.Option(help="The address or name to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="0: any that is free.")]
BrainName = Annotated[
    str | None,
    typer.Option(
        metavar="MODULE:CALLABLE",
        help='Who answers where no script does: a callable from a view to a turn, or "auto".',
    ),
]
ScenarioFile = Annotated[
    Path | None,
    typer.Option("--scenario", metavar="FILE", help="What the model says, which files are there, and what goes wrong."),
]
RealTime = Annotated[
    bool, typer.Option("--real-time", help="The clock follows the machine's, and streams take the time they take.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(serve)


def serve(
    host: Host = "127.0.0.1",
    port: Port = 0,
    brain: BrainName = None,
    scenario: ScenarioFile = None,
    real_time: RealTime = False,
) -> None:
    """Serve the simulator over HTTP, for programs in any language, until SIGINT or SIGTERM.

    The first line on stdout is "listening on" and the base URL for clients. Tests script it over admin routes under
    /_simulator (docs/server.md). Without --real-time only requests, and POST /_simulator/clock, move time.

    Exit codes: 0 stopped by a signal, 1 the port is taken, or the brain or the scenario cannot be loaded.
    """
    from ..server import serving

    if not is_loopback(host):
        warn(f"{host} can be reached from other machines. Whoever reaches it can read and change everything in it.")
    try:
        chosen = brain_named(brain)
        simulator = _with_scenario(scenario, chosen, "real" if real_time else "virtual")
        stopped = _on_signals()
        with serving(simulator, host=host, port=port, threads=callable(chosen)) as base_url:
            typer.echo(f"listening on {base_url}")
            sys.stdout.flush()
            while not stopped.wait(1):  # on Windows a wait without an end hears no signal
                pass
    except (MissingExtra, ScenarioError) as error:
        stop(str(error))
    except SimulatorError as error:
        stop(f"--brain {brain}: {error}")
    except OSError as error:
        stop(f"Cannot listen on {host}, port {port}: {_reason(error)}")


def _with_scenario(path: Path | None, brain: BrainChoice, time: str) -> Simulator:
    """Return a simulator that knows a scenario, with every step begun.

    Raises:
        ScenarioError: the file is none.
    """
    from ..scenario.directing import begin_all
    from ..scenario.loading import load
    from ..simulator import Simulator

    if path is None:
        return Simulator(brain, time=time)
    scenario = load(path)
    simulator = Simulator(brain, time=time, service=scenario.assistants.service)
    begin_all(scenario, simulator)
    return simulator


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such host. Name an address of this machine with --host."
    code = error.errno or 0
    return f"{os.strerror(code)}. {HINTS.get(code, '')}".rstrip()


def _on_signals() -> threading.Event:
    """Return an event that the first SIGINT or SIGTERM sets; the second ends the process at once."""
    stopped = threading.Event()

    def on_signal(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stopped


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a server there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOCAL_NAMES


def brain_named(name: str | None) -> BrainChoice:
    """Return the brain that `MODULE:CALLABLE` names, looked for in the current folder first.

    Raises:
        UsageError: it names none; the message says which part is wrong.
    """
    if name is None:
        return None
    if name == "auto":
        return "auto"
    found: BrainChoice = callable_named(name)
    return found
