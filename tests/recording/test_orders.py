"""Legal orders of the recorded sessions, and pairs of sessions interleaved: all of them replay.

An order is legal if each lane keeps its own and no id is used before an answer showed it. The generator below knows
nothing of the replayer: it finds lanes and ids by the look of the text. The figures of `make orders` are printed.
"""

from __future__ import annotations

import os
import random
import re
import sys
from collections import defaultdict

import pytest

from simulator import Request
from simulator.recording.cassette import Cassette
from simulator.recording.forms import load
from simulator.recording.replayer import Replayer

ORDERS = int(os.environ.get("SIMULATOR_ORDERS", "150"))
PAIRS = int(os.environ.get("SIMULATOR_PAIRS", "40"))
SEED = 20260826
MAX_BOUNDED = 0.01
BOUND = "ended at its bound"
ID = re.compile(r"\b(?:thread|run|msg|asst|call|step|file|vs|vsfb|resp|conv|fc|rs)[_-][A-Za-z0-9_]{8,}\b")
# No id stands where these have a second segment.
PARTS = {"chat", "chatkit", "organization"}
LITERALS = {"runs", "input_tokens", "compact"}


def texts(one):
    """A request and its answer, as texts."""
    return (
        f"{one.request.path}?{one.request.query}\n{one.request.body.decode('utf-8', 'replace')}",
        one.response.body.decode("utf-8", "replace"),
    )


def segments(one):
    parts = one.request.path.strip("/").split("/")
    return parts[parts.index("v1") + 1 :] if "v1" in parts else parts


def lane_of(one, index):
    """The resource of the first id; of a creation, what its answer names; of a collection, the collection."""
    noun, *rest = segments(one)
    if noun in PARTS:
        rest = rest[1:]
    if rest and rest[0] not in LITERALS:
        return rest[0]
    if one.request.method == "GET":
        return f"/{noun}"
    field = "thread_id" if rest == ["runs"] else "id"
    named = re.search(rf'"{field}": ?"([^"]+)"', texts(one)[1])
    return named[1] if named and one.response.status < 400 else f"#{index}"


def needs_of(interactions):
    """For each interaction, those whose answers must be there before: they showed an id, or made what is listed."""
    shown, known, needs = {}, set(), []
    listed, changed = defaultdict(set), defaultdict(set)
    for index, one in enumerate(interactions):
        asked, answered = (set(ID.findall(text)) for text in texts(one))
        known |= asked - shown.keys()
        needs.append({shown[id] for id in asked if id in shown})
        for id in answered - known:
            shown.setdefault(id, index)
        noun, *rest = segments(one)
        if not rest and one.request.method == "GET":
            needs[index] |= changed[noun]
            listed[noun].add(index)
        elif len(rest) < 2 and one.request.method != "GET":
            needs[index] |= listed[noun]
            changed[noun].add(index)
    return needs


def legal_order(interactions, rng):
    """The indices of the interactions in a random legal order."""
    lanes = defaultdict(list)
    for index, one in enumerate(interactions):
        lanes[lane_of(one, index)].append(index)
    needs, queues, order = needs_of(interactions), list(lanes.values()), []
    while queues:
        queue = rng.choice([each for each in queues if needs[each[0]] <= set(order)])
        order.append(queue.pop(0))
        queues = [each for each in queues if each]
    return order


def interleaved(first, second, rng):
    """The indices of both sessions, each in its own order."""
    order = [0] * len(first) + [1] * len(second)
    rng.shuffle(order)
    queues = [iter(range(len(first))), iter(range(len(first), len(first) + len(second)))]
    return [next(queues[which]) for which in order]


def missed(interactions, order):
    """Replay in this order, as a client that uses the ids that it is given; return what went wrong."""
    replayer, given = Replayer(Cassette(interactions=interactions)), {}

    def in_given(text):
        return ID.sub(lambda found: given.get(found[0], found[0]), text)

    for index in order:
        one = interactions[index]
        request = one.request
        body = in_given(request.body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        asked = Request(request.method, in_given(request.path), in_given(request.query), request.headers, body)
        answer = replayer.handle(asked)
        data = answer.body if isinstance(answer.body, bytes) else b"".join(frame.data for frame in answer.body)
        if request.method != "GET":
            pairs = zip(ID.findall(texts(one)[1]), ID.findall(data.decode("utf-8", "replace")), strict=False)
            given.update({mine: its for mine, its in pairs if mine not in given})
    return replayer.findings()


@pytest.fixture(scope="module")
def sessions(tape):
    recorded = [path for path in tape.corpus() if "examples" not in path.parent.name]
    if not recorded:
        pytest.skip("the recorded sessions, ../shared/corpus, are not here")
    return {f"{path.parent.name}/{path.stem}": list(load(path).interactions) for path in recorded}


def report(capsys, what, count, failures):
    """Print the figures; fail for what does not name the bound, or for too many that do."""
    bounded = [failure for failure in failures if BOUND in failure]
    figures = f"{what}: {count}, replayed {count - len(failures)}, at the bound of the search {len(bounded)}"
    with capsys.disabled():
        sys.stdout.write("\n".join(["", figures, *(f"  {failure.splitlines()[0]}" for failure in bounded), ""]))
    assert [failure for failure in failures if BOUND not in failure] == []
    assert len(bounded) <= MAX_BOUNDED * count


def test_legal_orders_replay(sessions, capsys):
    rng, failures = random.Random(SEED), []
    orderable = sorted(name for name, interactions in sessions.items() if len(interactions) > 2)
    for number in range(ORDERS):
        name = rng.choice(orderable)
        findings = missed(sessions[name], legal_order(sessions[name], rng))
        if findings:
            failures.append(f"order {number} of {name}: {findings[0]}")
    report(capsys, "legal orders", ORDERS, failures)


def test_interleaved_pairs_replay(sessions, capsys):
    rng, failures = random.Random(SEED), []
    for number in range(PAIRS):
        one, two = disjoint_pair(sessions, rng)
        interactions = sessions[one] + sessions[two]
        findings = missed(interactions, interleaved(sessions[one], sessions[two], rng))
        if findings:
            failures.append(f"pair {number}, {one} with {two}: {findings[0]}")
    report(capsys, "interleaved pairs", PAIRS, failures)


def disjoint_pair(sessions, rng):
    """Two sessions that share no id: two recordings of one object are no two programs."""
    while True:
        pair = rng.sample(sorted(sessions), 2)
        ids = [{id for one in sessions[name] for id in ID.findall(texts(one)[1])} for name in pair]
        if not ids[0] & ids[1]:
            return pair


def test_the_generator_makes_orders_of_its_own(sessions):
    """An order that is always the recorded one would prove nothing."""
    rng = random.Random(SEED)
    interactions = max(sessions.values(), key=lambda each: len({lane_of(one, 0) for one in each}))
    orders = {tuple(legal_order(interactions, rng)) for _ in range(20)}
    assert len(orders) > 15
    assert all(sorted(order) == list(range(len(interactions))) for order in orders)
