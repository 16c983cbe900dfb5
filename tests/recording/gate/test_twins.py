"""Which creations may change places, and what goes along."""

from __future__ import annotations

import pytest

from simulator.recording.gate import twins as twins_module
from simulator.recording.gate.bodies import Body, Rules
from simulator.recording.gate.paths import key_of
from simulator.recording.gate.preparing import prepared
from simulator.recording.gate.progress import Progress
from simulator.recording.gate.twins import Exchange, Shape, Shaped, Twins


@pytest.fixture
def prepare(tape):
    return lambda *interactions: prepared(tape.cassette_of(*interactions), Rules())


@pytest.fixture
def exchange(prepare):
    """An exchange among these interactions, of which so many were made and shown."""

    def exchange(*interactions, made=99):
        session = prepare(*interactions)
        progress = Progress()
        for entry in session.entries[:made]:
            if entry.key.is_effect:
                progress.make(entry)
            for piece in entry.pieces:
                progress.show(piece)
        return Exchange(Twins(session), progress), progress

    return exchange


@pytest.fixture
def threads(tape):
    """So many creations that are alike."""

    def threads(count, body=None):
        return [
            tape.exchange("POST", "/threads", {"id": f"thread_{number}"}, body or {}) for number in range(1, count + 1)
        ]

    return threads


# Shapes.


def test_a_shape_is_the_request_without_its_ids(prepare, threads):
    twins = Twins(prepare(*threads(1)))
    key = key_of("POST", "/v1/threads/t/runs/r/x", "after=thread_1&limit=1")._replace(generation="v2")
    shaped = twins.shaped(key, Body(b'{"assistant_id": "a", "n": 1}', Rules()))
    path, query = ("threads", "*", "runs", "*", "x"), (("after", "*"), ("limit", "1"))
    assert shaped == Shaped(Shape("POST", "v2", path, query, '{"assistant_id":"*","n":1}'), ("t", "r", "thread_1", "a"))


@pytest.mark.parametrize(
    "path, blank",
    [
        ("/v1/threads", ("threads",)),
        ("/v1/threads/runs", ("threads", "runs")),
        ("/v1/threads/t", ("threads", "*")),
        ("/v1/chat/completions/c/messages", ("chat", "completions", "*", "messages")),
        ("/v1/vector_stores/v/files/f/content", ("vector_stores", "*", "files", "*", "content")),
    ],
)
def test_every_id_of_a_path_is_blank(prepare, path, blank):
    assert Twins(prepare()).shaped(key_of("GET", path, ""), Body(b"", Rules())).shape.path == blank


def test_an_id_may_have_any_letters(prepare):
    body = Body('{"assistant_id": "café"}'.encode(), Rules())
    assert Twins(prepare()).shaped(key_of("POST", "/v1/threads/runs", ""), body).ids == ("café",)


def test_what_is_no_json_has_no_ids_in_it(prepare):
    raw = b'--x\r\n"file_id": "f"\r\n--x--'
    shaped = Twins(prepare()).shaped(key_of("POST", "/v1/files", ""), Body(raw, Rules()))
    assert shaped == Shaped(Shape("POST", None, ("files",), (), Body(raw, Rules()).rest), ())


def test_an_entry_has_the_shape_of_its_request(prepare, threads):
    session = prepare(*threads(2))
    one, two = (Twins(session).shaped_entry(entry) for entry in session.entries)
    assert one == two == Shaped(Shape("POST", None, ("threads",), (), "{}"), ())
    assert Twins(session).alike(one.shape) == session.entries


def test_an_id_is_of_the_effect_that_showed_it_first(tape, prepare):
    session = prepare(
        tape.exchange("GET", "/threads/thread_1", {"id": "thread_1", "assistant_id": "asst_1"}),
        tape.exchange("POST", "/threads", {"id": "thread_1"}, {}),
        tape.exchange("POST", "/threads", {"id": "thread_2"}, {}),
    )
    twins = Twins(session)
    assert twins.shown_by("thread_2") is session.entries[2]
    assert twins.shown_by("thread_1") is session.entries[1]  # used before it was made: the file is out of order
    assert twins.shown_by("asst_1") is None  # a read showed it
    assert twins.shown_by("thread_9") is None


# Exchanges.


def test_twins_change_places(exchange, threads):
    swap, _ = exchange(*threads(2))
    assert swap.takes(["thread_1"], ["thread_2"])
    assert swap.ids == {"thread_1": "thread_2", "thread_2": "thread_1"}


def test_a_chain_is_closed_to_a_circle(exchange, threads):
    swap, _ = exchange(*threads(3))
    assert swap.takes(["thread_1", "thread_2"], ["thread_2", "thread_3"])
    assert swap.ids == {"thread_1": "thread_2", "thread_2": "thread_3", "thread_3": "thread_1"}


def test_ids_that_stay_are_no_hindrance(exchange, threads):
    swap, _ = exchange(*threads(2))
    assert swap.takes(["a", "b", "thread_1"], ["a", "b", "thread_2"])


@pytest.mark.parametrize(
    "ones, others",
    [
        (["thread_1"], []),
        (["thread_1", "thread_1"], ["thread_2", "thread_3"]),
        (["thread_1", "thread_2"], ["thread_3", "thread_3"]),
        (["thread_1"], ["unknown"]),
        (["unknown"], ["thread_1"]),
    ],
)
def test_each_takes_one_place_that_is_known(exchange, threads, ones, others):
    swap, _ = exchange(*threads(3))
    assert not swap.takes(ones, others)


def test_what_is_not_alike_keeps_its_place(tape, exchange, threads):
    swap, _ = exchange(*threads(1), tape.exchange("POST", "/threads", {"id": "thread_2"}, {"metadata": {"a": "b"}}))
    assert not swap.takes(["thread_1"], ["thread_2"])


def test_answers_that_show_more_or_less_are_not_alike(tape, exchange, threads):
    swap, _ = exchange(*threads(1), tape.exchange("POST", "/threads", {"id": "thread_2", "file_ids": ["f"]}, {}))
    assert not swap.takes(["thread_1"], ["thread_2"])


@pytest.mark.parametrize("other_streams", [True, False])
def test_a_stream_keeps_its_place(tape, exchange, other_streams):
    def created(number, streams=True):
        made = tape.run(id=f"run_{number}", thread=f"thread_{number}")
        how = {"events": [tape.event("thread.run.created", made)]} if streams else {"answer": made}
        return tape.exchange("POST", "/threads/runs", body={"assistant_id": "a", "stream": True}, **how)

    swap, _ = exchange(created(1), created(2, streams=other_streams))
    assert not swap.takes(["thread_1"], ["thread_2"])


def test_a_stream_elsewhere_is_no_hindrance(tape, exchange, threads):
    events = [tape.event("thread.run.created", tape.run(thread="other"))]
    streamed = tape.exchange("POST", "/threads/other/runs", body={"stream": True}, events=events)
    swap, _ = exchange(*threads(2), streamed)
    assert swap.takes(["thread_1"], ["thread_2"])


def test_no_more_go_along_than_the_bound(exchange, threads, monkeypatch):
    monkeypatch.setattr(twins_module, "MAX_PAIRS", 1)
    swap, _ = exchange(*threads(2))
    assert not swap.takes(["thread_1"], ["thread_2"])


@pytest.fixture
def with_runs(tape, threads):
    """Two threads that are alike, each with a run that is."""
    runs = [
        tape.exchange(
            "POST",
            f"/threads/thread_{number}/runs",
            tape.run(id=f"run_{number}", thread=f"thread_{number}"),
            {"assistant_id": "asst_1"},
        )
        for number in (1, 2)
    ]
    return [*threads(2), *runs]


def test_what_was_made_of_one_was_made_of_its_twin(exchange, with_runs):
    swap, progress = exchange(*with_runs[:1], *with_runs[2:3], *with_runs[1:2], *with_runs[3:], made=2)
    assert swap.takes(["thread_1"], ["thread_2"])
    after = progress.copy()
    swap.apply(after)
    assert progress.made == 0b0011
    assert after.made == 0b1100
    assert after.shown == {"thread_2", "run_2", "asst_1"}
    assert after.statuses == {"run_2": (3, 0)}


def test_a_run_whose_answer_was_lost_goes_along_too(exchange, with_runs):
    swap, progress = exchange(*with_runs)
    progress.statuses.clear()
    assert swap.takes(["thread_1"], ["thread_2"])
    swap.apply(progress)
    assert progress.made == 0b1111


def test_what_was_settled_keeps_its_place(exchange, threads):
    swap, progress = exchange(*threads(2))
    progress.settled.add("thread_2")
    assert not swap.takes(["thread_1"], ["thread_2"])


def test_what_has_no_twin_keeps_the_thread_where_it_is(exchange, with_runs):
    swap, _ = exchange(*with_runs[:3], made=3)
    assert not swap.takes(["thread_1"], ["thread_2"])


def test_a_thread_may_be_another_before_that_one_is_asked_for(tape, threads):
    """The first creation was the recorded second one, which shows before the second creation is asked for."""
    bodies = [{"role": "user", "content": f"I am {number}."} for number in (1, 2)]
    messages = [
        tape.exchange("POST", f"/threads/thread_{number}/messages", {"id": f"msg_{number}"}, body)
        for number, body in enumerate(bodies, 1)
    ]
    replayer, client = tape.replayed(*threads(2), *messages)
    for body in reversed(bodies):
        thread = client.post("/threads")["id"]
        client.post(f"/threads/{thread}/messages", body)
    assert replayer.findings() == []
