"""The same seed and the same requests give the same bytes: random programs, played twice and in other processes."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

from simulator import Request, Simulator, call_tools, fail, incomplete, run_code, say
from simulator import call as call_function

PROGRAMS = int(os.environ.get("SIMULATOR_REPLAYS", "60"))  # `make programs` has thousands
REQUESTS = 25  # in each
ROOT = Path(__file__).parents[1]
HEADERS = {"openai-beta": "assistants=v2", "content-type": "application/json"}
SCRIPTS = (
    [say("It is so.", chunks=3)],
    [call_function("f", b=1, a={"c": [None, 1.5, "é"]}), say("done")],
    [call_tools(call_function("f"), call_function("g", x="y")), say("both")],
    [run_code("1 + 1", logs="2"), say("two", takes=30)],
    [fail("server_error", text="so far")],
    [incomplete("max_completion_tokens", "half")],
)


def play(seed):
    """Play a random program; return everything that was answered, heads and bodies, and the state at the end."""
    chance = random.Random(seed)
    sim = Simulator("auto", seed=seed % 7)
    ids = {"assistants": [], "threads": [], "runs": []}
    answers = hashlib.blake2b()
    for _ in range(REQUESTS):
        method, path, body = request(chance, ids)
        content = b"" if body is None else json.dumps(body).encode()
        if chance.random() < 0.3:
            sim.script(*chance.choice(SCRIPTS), optional=True)
        response = sim.handle(Request(method, f"/v1/{path}", "", HEADERS, content))
        answers.update(json.dumps([response.status, list(response.headers.items())]).encode())
        answers.update(body_of(sim, response, ids, path))
        sim.clock.advance(chance.choice([0, 0, 0.3, 2, 700]))
    answers.update(json.dumps([sim.clock.now(), list(sim.runs)]).encode())
    return answers.hexdigest()


def request(chance, ids):
    thread, assistant = (chance.choice(ids[kind] or ["x"]) for kind in ("threads", "assistants"))
    run = chance.choice(ids["runs"] or ["threads/x/runs/x"])
    outputs = [{"tool_call_id": "call_x", "output": "1"}]
    stream = chance.random() < 0.3
    return chance.choice(
        [
            ("POST", "assistants", {"model": "gpt-4o", "instructions": "Help.", "metadata": {"b": "1", "a": "2"}}),
            ("POST", "threads", {"messages": [{"role": "user", "content": "Hi"}]}),
            ("POST", f"threads/{thread}/messages", {"role": "user", "content": "Where?"}),
            ("POST", f"threads/{thread}/runs", {"assistant_id": assistant, "stream": stream}),
            ("POST", "threads/runs", {"assistant_id": assistant, "thread": {}, "stream": stream}),
            ("POST", f"{run}/cancel", None),
            ("POST", f"{run}/submit_tool_outputs", {"tool_outputs": outputs}),
            ("GET", f"{run}/steps", None),
            ("GET", run, None),
            ("GET", f"threads/{thread}/messages", None),
            ("GET", "assistants", None),
            ("DELETE", f"threads/{thread}", None),
            ("POST", f"assistants/{assistant}", {"temperature": "hot"}),
        ]
    )


def body_of(sim, response, ids, path):
    """Read the body to its end, and remember what it made."""
    if not isinstance(response.body, bytes):
        read = []
        for frame in response.body:
            sim.wait_until(frame.due)
            read.append(frame.data)
        return b"".join(read)
    made = json.loads(response.body)
    if path in {"assistants", "threads"} and "id" in made:
        ids[path].append(made["id"])
    elif made.get("object") == "thread.run":
        ids["threads"].append(made["thread_id"])
        ids["runs"].append(f"threads/{made['thread_id']}/runs/{made['id']}")
    return response.body


def played(programs):
    """The answers of so many programs in one line."""
    return hashlib.blake2b("".join(map(play, range(programs))).encode()).hexdigest()


def test_a_program_that_is_played_again_gets_the_same_bytes():
    for seed in range(PROGRAMS):
        assert play(seed) == play(seed), f"program {seed}"


def test_another_program_gets_other_bytes():
    assert len({play(seed) for seed in range(20)}) == 20


def test_another_process_gets_the_same_bytes():
    programs = max(10, PROGRAMS // 10)
    here = played(programs)
    asked = f"from tests.test_determinism import played; print(played({programs}), end='')"
    for hash_seed in ("0", "4711"):  # the order of sets is another
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Kathmandu"}
        there = subprocess.run(
            [sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert there.stdout == here
