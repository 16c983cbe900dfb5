"""A course of one's own decides when things happen and what they cost."""

from simulator.backend.answers import turn_deltas
from simulator.backend.brain import View
from simulator.backend.clock import Clock
from simulator.backend.course import SeededCourse, Span
from simulator.backend.engine import Engine
from simulator.backend.ids import Ids
from simulator.backend.journal import Journal
from simulator.backend.objects import assistant, run, thread, usage
from simulator.backend.store import Store
from simulator.backend.tokens import Tokens
from simulator.backend.turns import Turn, run_code, say
from simulator.backend.turns_json import turn_from_json, turn_to_json


class Says:
    def answer(self, view: View) -> Turn:
        return say("Hello.")


class Known:
    """Ten seconds for everything, and 7 and 5 tokens, of which 3 were cached."""

    def request(self, seconds):
        return 0.0

    def pick_up(self, run, at):
        return at + 10

    def turn(self, run, turn, at):
        return Span(at + 10, at + 20)

    def confirm_cancel(self, run, at):
        return at + 10

    def tokens(self, run, turn):
        return Tokens(7, 5, cached=3)


def begun():
    clock, store = Clock(1000.0), Store()
    engine = Engine(clock, Ids(0), store, Journal(), Says())
    engine.course = Known()
    store.threads.add(thread("thread_x", 1000))
    one = run("run_x", 1000, "thread_x", assistant("asst_x", 1000, "gpt-4o"))
    engine.create(one)
    return clock, engine, store, one


def at(clock, engine, time):
    clock.advance_to(time)
    engine.settle()


def test_a_given_course_says_when_a_run_moves():
    clock, engine, store, one = begun()
    at(clock, engine, 1009.0)
    assert one["status"] == "queued"
    at(clock, engine, 1030.0)
    assert (one["started_at"], one["completed_at"]) == (1010, 1030)
    assert [step["created_at"] for step in store.run_steps.of("run_x")] == [1020]


def test_a_given_course_says_when_a_cancel_is_confirmed():
    clock, engine, _, one = begun()
    engine.cancel("run_x")
    at(clock, engine, 1009.0)
    assert one["status"] == "cancelling"
    at(clock, engine, 1010.0)
    assert one["cancelled_at"] == 1010


def test_a_given_course_says_what_a_step_and_so_the_run_cost():
    clock, engine, store, one = begun()
    at(clock, engine, 1030.0)
    assert [step["usage"] for step in store.run_steps.of("run_x")] == [usage(7, 5, 3)]
    assert one["usage"] == usage(7, 5, 3)


def test_the_usual_course_lets_a_request_take_its_time():
    assert SeededCourse(Ids(0)).request(0.25) == 0.25


def test_the_pieces_of_code_can_be_given():
    turn = run_code("print(1)", chunks=["print", "(1)"])
    assert turn_from_json(turn_to_json(turn)) == turn
    made = {"id": "call_x", "type": "code_interpreter", "code_interpreter": {"input": "print(1)", "outputs": []}}
    deltas = turn_deltas(turn, [], [made])
    assert [one["code_interpreter"]["input"] for one in deltas] == ["", "print", "(1)"]
