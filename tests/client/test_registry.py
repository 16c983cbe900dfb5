"""How calls are executed: each is answered once, whatever the handler does."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import subprocess
import sys
import threading
import time
import uuid
from decimal import Decimal

import anyio
import pydantic
import pytest

from simulator import Simulator
from simulator.client import (
    AuditLog,
    Breaker,
    FunctionCall,
    FunctionContext,
    FunctionError,
    FunctionRegistry,
    Redaction,
    Retry,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def virtual():
    """Virtual time, that of threads too."""
    with Simulator(time="threads").intercept() as sim:
        yield sim


def call(name, /, id="call_1", **arguments):
    return FunctionCall(id, name, json.dumps(arguments))


# What handlers return.


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


class Weather(pydantic.BaseModel):
    degrees: int
    at: dt.datetime | None = None


@pytest.mark.parametrize(
    "result,output",
    [
        ("text as it is: “é”", "text as it is: “é”"),
        (None, "null"),
        ({"a": [1, 2.5, True]}, '{"a":[1,2.5,true]}'),
        (Point(1), '{"x":1,"y":0.5}'),
        (Weather(degrees=3), '{"degrees":3,"at":null}'),
        ([Weather(degrees=3), Color.RED], '[{"degrees":3,"at":null},"red"]'),
        (dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC), '"2026-03-31T12:00:00Z"'),
        ({dt.date(2026, 3, 31): Decimal("1.10")}, '{"2026-03-31":"1.10"}'),
        (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (float("nan"), "null"),
        ("half a pair: \ud83d", "half a pair: ?"),
    ],
)
async def test_results_are_written_as_text(execute, result, output):
    assert (await execute(lambda: result, {}, name="f")).output == output


def circle():
    inner = []
    inner.append(inner)
    return inner


@pytest.mark.parametrize(
    "result,text",
    [
        (b"PNG", "the result is bytes"),
        ({"files": [{"data": b"PNG"}]}, "the result['files'][0]['data'] is bytes"),
        (Point(x=bytearray(b"PNG")), "the result.x is bytes"),
        (threading.Lock(), "cannot be written as JSON"),
        (circle(), "cannot be written as JSON"),
    ],
    ids=["bytes", "bytes within", "bytes in a dataclass", "lock", "circle"],
)
async def test_what_json_cannot_say_is_told_to_the_model(execute, result, text):
    answer = await execute(lambda: result, {}, name="f")
    assert (answer.outcome, answer.value["type"]) == ("unserialisable_output", "unserialisable_output")
    assert text in answer.value["error"]


async def test_an_output_over_its_limit_is_not_sent(execute):
    answer = await execute(lambda: "é" * 6, {}, name="f", max_output_bytes=11)
    assert answer.value == {
        "error": "The result has 12 bytes, more than the 11 that are allowed: ask for less.",
        "type": "output_too_large",
    }
    assert (await execute(lambda: "é" * 6, {}, name="f", max_output_bytes=12)).is_ok


@pytest.mark.parametrize("returns", [Weather, {"type": "object", "required": ["degrees"]}, True])
async def test_results_are_checked_where_that_is_asked_for(execute, returns):
    def wrong() -> Weather:
        return {"degree": 3}

    def right() -> Weather:
        return {"degrees": 3}

    assert (await execute(wrong, {}, returns=returns)).outcome == "invalid_output"
    assert json.loads((await execute(right, {}, returns=returns)).output)["degrees"] == 3


async def test_a_text_that_is_no_json_does_not_fit_a_schema(execute):
    assert (await execute(lambda: "hm", {}, name="f", returns={"type": "object"})).outcome == "invalid_output"


# What handlers do.


async def test_an_exception_becomes_an_output(execute):
    def fail():
        raise RuntimeError("no connection")

    answer = await execute(fail, {})
    assert answer.value == {"error": "RuntimeError: no connection", "type": "exception"}
    assert isinstance(answer.error, RuntimeError)


async def test_a_handler_says_something_to_the_model_in_its_own_words(execute):
    def fail():
        raise FunctionError("There is no such order.", known=[1, 2])

    answer = await execute(fail, {})
    assert answer.value == {"error": "There is no such order.", "known": [1, 2]}
    assert answer.outcome == "said"


@pytest.mark.parametrize("stop", [lambda: sys.exit(3), lambda: subprocess.run(["false"], check=True)])
async def test_a_handler_does_not_end_the_program(execute, stop):
    async def fail():
        stop()

    assert (await execute(stop, {}, name="f")).outcome == "exception"
    assert (await execute(fail, {})).outcome == "exception"


async def test_a_handler_whose_own_task_was_cancelled_fails_alone(execute):
    import asyncio

    async def wait_for_what_is_cancelled():
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    answer = await execute(wait_for_what_is_cancelled, {})
    assert (answer.outcome, answer.value["error"]) == (
        "exception",
        "RuntimeError: The handler was cancelled, and not by us.",
    )


async def test_a_cancelled_caller_is_cancelled(registry):
    @registry.register
    async def wait():
        await anyio.sleep(1_000)

    with anyio.move_on_after(0.001) as scope:
        await registry.execute(call("wait"))
    assert scope.cancelled_caught


async def test_a_handler_that_hangs_is_left_behind(virtual, execute):
    answer = await execute(lambda: anyio.sleep(1_000), {}, name="hang", timeout=5)
    assert answer.value == {"error": "hang did not answer within 5 s.", "type": "timeout"}
    assert 5 <= answer.seconds < 6


async def test_a_thread_that_hangs_is_left_behind(virtual, execute):
    done = threading.Event()
    answer = await execute(lambda: done.wait(1_000), {}, name="hang", timeout=5)
    assert (answer.outcome, answer.seconds) == ("timeout", pytest.approx(5, abs=0.5))
    done.set()


async def test_no_handler_outlives_the_deadline_of_its_run(virtual, registry):
    @registry.register(timeout=100)
    async def hang():
        await anyio.sleep(1_000)

    context = FunctionContext(call_id="call_1", deadline=time.monotonic() + 3)
    assert context.remaining() == 3
    answer = await registry.execute(call("hang"), context)
    assert json.loads(answer.output)["error"] == "hang did not answer within 3 s."


async def test_a_handler_that_changes_its_arguments_changes_nobody_elses(registry):
    seen = []

    @registry.register(retry=Retry(attempts=2))
    def grow(items: list[int]):
        seen.append(list(items))
        items.append(9)
        raise OSError

    one = call("grow", items=[1])
    await registry.execute(one)
    assert seen == [[1], [1]]
    assert one.arguments == '{"items": [1]}'


async def test_sync_handlers_run_in_threads_and_side_by_side(registry):
    both = threading.Barrier(2, timeout=10)

    @registry.register
    def meet(number: int):
        both.wait()
        return threading.current_thread() is threading.main_thread()

    answers = await registry.execute_all([call("meet", number=1), call("meet", number=2)])
    assert [one.output for one in answers] == ["false", "false"]


async def test_calls_run_in_parallel_and_are_answered_in_order(virtual, registry):
    @registry.register
    async def wait(seconds: float):
        await anyio.sleep(seconds)
        return seconds

    began = time.monotonic()
    calls = [call("wait", f"call_{n}", seconds=n) for n in (3, 1, 2)]
    answers = await registry.execute_all(calls)
    assert time.monotonic() - began == pytest.approx(3, abs=0.5)
    assert [(one.call.id, one.output) for one in answers] == [("call_3", "3.0"), ("call_1", "1.0"), ("call_2", "2.0")]


async def test_only_so_many_calls_run_at_once(virtual, registry):
    running, most = 0, 0

    @registry.register(concurrency=2)
    async def work():
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(1)
        running -= 1

    answers = await registry.execute_all([call("work", f"call_{n}") for n in range(7)])
    assert (most, len(answers), all(one.is_ok for one in answers)) == (2, 7, True)


def test_the_limit_holds_between_event_loops(registry):
    running, most, lock = 0, [0], threading.Lock()

    @registry.register(concurrency=1)
    def work():
        nonlocal running
        with lock:
            running += 1
            most.append(running)
        time.sleep(0.002)
        with lock:
            running -= 1

    threads = [threading.Thread(target=anyio.run, args=(registry.execute, call("work"))) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(most), max(most)) == (5, 1)


# Trying again.


async def test_a_handler_is_tried_again_after_what_it_says(virtual, execute):
    tries = []

    def flaky():
        tries.append(time.monotonic())
        if len(tries) < 3:
            raise ConnectionError("lost")
        return "done"

    answer = await execute(flaky, {}, retry=Retry(on=ConnectionError, attempts=3, initial=1))
    assert (answer.output, answer.attempts) == ("done", 3)
    assert 1 <= tries[1] - tries[0] <= 2
    assert 2 <= tries[2] - tries[1] <= 3


async def test_what_is_not_named_is_not_tried_again(execute):
    def fail():
        raise KeyError("x")

    assert (await execute(fail, {}, retry=Retry(on=ConnectionError))).attempts == 1


async def test_an_answer_is_not_tried_again(execute):
    def fail():
        raise FunctionError("no")

    assert (await execute(fail, {}, retry=Retry())).attempts == 1


async def test_a_function_that_keeps_failing_is_out_of_order_for_a_while(virtual, registry):
    called, works = [], False

    @registry.register(breaker=Breaker(failures=2, seconds=30))
    async def fetch():
        called.append(time.monotonic())
        if not works:
            raise ConnectionError("down")
        return "up"

    outcomes = [(await registry.execute(call("fetch"))).outcome for _ in range(4)]
    assert outcomes == ["exception", "exception", "out_of_order", "out_of_order"]
    assert len(called) == 2
    await anyio.sleep(31)
    works = True
    assert [(await registry.execute(call("fetch"))).outcome for _ in range(2)] == ["ok", "ok"]


async def test_answers_do_not_break_the_circuit(registry):
    @registry.register(breaker=Breaker(failures=1))
    def fail():
        raise FunctionError("no")

    assert [(await registry.execute(call("fail"))).outcome for _ in range(3)] == ["said"] * 3


# Calls that nobody declared.


async def test_an_unknown_function_is_told_with_what_there_is(registry):
    registry.register(lambda: 1, name="get_weather")
    answer = await registry.execute(call("get_wether"))
    assert json.loads(answer.output) == {
        "error": "There is no function 'get_wether'. Did you mean 'get_weather'? There are: get_weather.",
        "type": "unknown_function",
    }


@pytest.mark.parametrize("name", ["multi_tool_use.parallel", "parallel", "functions.parallel"])
async def test_wrapped_calls_are_unpacked(registry, name):
    @registry.register
    def double(x: int):
        return 2 * x

    uses = [
        {"recipient_name": "functions.double", "parameters": {"x": 2}},
        {"recipient_name": "double", "parameters": '{"x": 3}'},
        {"recipient_name": "functions.treble", "parameters": {"x": 2}},
    ]
    answer = await registry.execute(call(name, tool_uses=uses))
    outputs = json.loads(answer.output)
    assert outputs[:2] == [
        {"recipient_name": "functions.double", "output": 4},
        {"recipient_name": "double", "output": 6},
    ]
    assert outputs[2]["output"]["type"] == "unknown_function"
    assert [one.call.id for one in answer.parts] == ["call_1.0", "call_1.1", "call_1.2"]


@pytest.mark.parametrize("arguments", ["{}", "x", "[]", '{"tool_uses": 5}', '{"tool_uses": [{"name": "f"}]}'])
async def test_a_wrapping_that_is_none_is_an_unknown_function(registry, arguments):
    answer = await registry.execute(FunctionCall("call_1", "multi_tool_use.parallel", arguments))
    assert answer.outcome == "unknown_function"


async def test_a_function_that_is_really_called_parallel_is_called(registry):
    registry.register(lambda **given: given, name="parallel", parameters={})
    answer = await registry.execute(call("parallel", tool_uses=[]))
    assert answer.output == '{"tool_uses":[]}'


async def test_a_prefix_that_belongs_to_the_name_is_kept(registry):
    registry.register(lambda: "f", name="f")
    assert (await registry.execute(call("functions.f"))).output == "f"
    assert (await registry.execute(call("functions.functions.f"))).outcome == "unknown_function"


# The audit log.


async def test_each_execution_is_written_down_without_secrets(lines):
    registry = FunctionRegistry(audit=AuditLog(lines, Redaction(names=["diagnosis"], patterns=[r"ROOM-\d+"])))

    @registry.register
    def login(user: str, password: str, diagnosis: str, note: str):
        return {"access_token": "abc", "page": 2, "note": "Bearer abcdefghijkl"}

    context = FunctionContext(call_id="call_1", run_id="run_1", thread_id="thread_1", user_id="anna")
    given = {"user": "anna", "password": "x", "diagnosis": "flu", "note": "ROOM-17, sk-abcdefgh1234"}
    await registry.execute(call("login", **given), context)
    ((level, event, values),) = lines.lines
    assert (level, event) == ("info", "function_executed")
    assert values["arguments"] == {
        "user": "anna",
        "password": "[redacted]",
        "diagnosis": "[redacted]",
        "note": "[redacted], [redacted]",
    }
    assert values["output"] == {"access_token": "[redacted]", "page": 2, "note": "[redacted]"}
    assert (values["run_id"], values["user_id"], values["outcome"], values["attempts"]) == ("run_1", "anna", "ok", 1)


async def test_each_part_of_a_wrapped_call_has_its_line(registry, lines):
    registry.register(lambda: 1, name="f")
    uses = [{"recipient_name": "f", "parameters": {}}, {"recipient_name": "g", "parameters": {}}]
    await registry.execute(call("parallel", tool_uses=uses))
    assert [(level, values["function"]) for level, _, values in lines.lines] == [("info", "f"), ("warning", "g")]


async def test_long_texts_are_cut(registry, lines):
    registry.register(lambda: {"text": "x" * 5_000}, name="f")
    await registry.execute(call("f"))
    assert len(lines.lines[0][2]["output"]) < 2_100


async def test_a_log_that_cannot_be_written_stops_nothing(caplog):
    class Broken:
        def info(self, event, /, **values):
            raise OSError("disk full")

        warning = info

    registry = FunctionRegistry(audit=AuditLog(Broken()))
    registry.register(lambda: 1, name="f")
    assert (await registry.execute(call("f"))).is_ok
    assert "could not be written" in caplog.text


async def test_the_standard_log_is_json_and_says_nothing_unasked(caplog, capfd):
    registry = FunctionRegistry()
    registry.register(lambda: 1, name="f")
    caplog.set_level("INFO", "assistants.audit")
    await registry.execute(call("f"))
    (line,) = caplog.messages
    assert json.loads(line)["function"] == "f"
    assert capfd.readouterr() == ("", "")
