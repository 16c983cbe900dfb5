"""`RunLoopMachine`: the conversations of `check_run_loop` as a state machine of Hypothesis, for those who extend it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.strategies import DataObject

from ..errors import RunLoopFailed
from ..scenario.stage import Converse
from ..simulator import Simulator
from . import strategies
from .cases import Passes, Says, again
from .driving import Driver
from .invariants import Invariant
from .reporting import report_of
from .tools import KnownTools, Tools
from .verdicts import verdict_of


class RunLoopMachine(RuleBasedStateMachine):
    """Users say something, time passes, and after each step all invariants hold. Subclass it, and give `app`.

    Further rules and invariants may use `simulator`, and `say`. `TestCase` of the subclass is its test. Its `settings`
    have no deadline; to set others, begin with them: `settings(TestCase.settings, max_examples=20)`.

    Attributes:
        functions: as `check_run_loop(tools=…)`.
        invariants_asked: those that are looked at; None: all.
    """

    functions: ClassVar[Tools | None] = None
    invariants_asked: ClassVar[Iterable[Invariant] | None] = None

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self._driver = self._open.enter_context(Driver(self.app, tools=self.functions).on_stage())
        self._count = 0

    def app(self) -> Converse:
        """Return a new run loop: a callable `(user_id, text) -> reply`, sync or async."""
        raise NotImplementedError("A RunLoopMachine is subclassed, with a method `app` that returns the run loop.")

    @property
    def simulator(self) -> Simulator:
        """The simulator that answers the loop."""
        return self._driver.stage

    @property
    def tools(self) -> KnownTools:
        """What is known of the functions of the loop."""
        return self._driver.tools

    @initialize()
    def the_loop_is_made(self) -> None:
        """Learn what functions the loop declares, then begin anew."""
        self._driver.learn()
        self._playing = self._driver.begin()

    def say(self, step: Says) -> None:
        """Let somebody say something, if the loop has not hung."""
        if not self._playing.is_over:
            self._playing.do(step)

    @rule(user=st.sampled_from(strategies.USERS), data=st.data())
    def somebody_says_something(self, user: str, data: DataObject) -> None:
        """Somebody says something, and the model answers; something may go wrong."""
        self._count += 1
        answers = data.draw(strategies.scripts(self.tools, f"Answer {self._count}."), "answers")
        faults = data.draw(strategies.fault_schedules(streams=self._driver.streams), "faults")
        self.say(Says(user, f"Question {self._count}.", answers, faults, again(self._count)))

    @rule(seconds=st.sampled_from((1.0, 60.0, 3600.0)))
    def time_passes(self, seconds: float) -> None:
        """Nothing happens for a while."""
        self._playing.do(Passes(seconds))

    @invariant()
    def nothing_is_broken(self) -> None:
        """All invariants hold."""
        if self._count:
            verdict = verdict_of(self._playing.driven, self.invariants_asked)
            if verdict.findings:
                raise RunLoopFailed(report_of(verdict, type(self).__qualname__))

    def teardown(self) -> None:
        """Leave the simulator."""
        self._open.close()
