"""The state machine: it finds what `check_run_loop` finds, and can be extended."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from simulator import say
from simulator.checks.cases import Says
from simulator.checks.invariants import every_call_is_answered_once
from simulator.checks.machine import RunLoopMachine
from simulator.errors import RunLoopFailed, UsageError
from tests.checks.conftest import FIXED
from tests.checks.loops.careful import Careful, functions
from tests.checks.planted.bugs import AnswersTheFirstCall

FEW = settings(FIXED, max_examples=4, stateful_step_count=4)


class Sound(RunLoopMachine):
    functions = functions()

    def app(self):
        return Careful(self.functions)

    @rule()
    def somebody_greets(self):
        before = len(self.simulator.runs)
        self.say(Says("anna", "Good morning.", (say("Good morning, Anna."),)))
        assert len(self.simulator.runs) == before + 1


class Broken(RunLoopMachine):
    functions = functions()
    invariants_asked = (every_call_is_answered_once,)

    def app(self):
        return AnswersTheFirstCall(self.functions)


def test_a_sound_loop_passes():
    run_state_machine_as_test(Sound, settings=FEW)


def test_a_broken_one_is_found(capsys):
    with pytest.raises(RunLoopFailed, match="Broken does not keep `every_call_is_answered_once`"):
        run_state_machine_as_test(Broken, settings=settings(FEW, max_examples=100, phases=[Phase.generate]))


def test_a_machine_without_a_loop_says_what_it_needs():
    with pytest.raises(UsageError, match="with a method `app`"):
        run_state_machine_as_test(RunLoopMachine, settings=FEW)
