"""What the model may answer: turns as plain values, which the reference reads and the simulator is scripted with."""

from __future__ import annotations

import json

import simulator as s

MAKERS = {
    "say": lambda turn: s.say(
        *[_part(kind, value) for kind, value in turn["parts"]],
        chunks=turn.get("chunks"),
        more=turn.get("more", False),
        takes=turn.get("takes"),
    ),
    "call": lambda turn: s.call_tools(
        *[_call(name, arguments) for name, arguments in turn["calls"]], takes=turn.get("takes")
    ),
    "code": lambda turn: s.run_code(turn["input"], logs=turn.get("logs"), takes=turn.get("takes")),
    "search": lambda turn: s.search_files("anything", results=turn["results"], takes=turn.get("takes")),
    "fail": lambda turn: s.fail(turn["code"], turn.get("message"), text=turn.get("text"), takes=turn.get("takes")),
    "incomplete": lambda turn: s.incomplete(turn["reason"], turn.get("text", ""), takes=turn.get("takes")),
    "finish": lambda turn: s.finish(takes=turn.get("takes")),
    "hang": lambda turn: s.hang(),
}


CALLS = frozenset({"call", "code", "search"})


def scripted(turn):
    """The turn as the simulator takes it."""
    return MAKERS[turn["kind"]](turn)


def _part(kind, value):
    return {"text": str, "refusal": s.refusal, "image": s.image}[kind](value)


def _call(name, arguments):
    return s.raw_call(name, arguments) if isinstance(arguments, str) else s.call(name, **arguments)


def argument_texts(turn):
    """Arguments as the model writes them: compact, in parallel calls with blanks (recorded-traffic.md 7)."""
    separators = (",", ":") if len(turn["calls"]) == 1 else (", ", ": ")
    return [
        one if isinstance(one, str) else json.dumps(one, separators=separators, ensure_ascii=False)
        for _, one in turn["calls"]
    ]


def content_pieces(turn):
    """The pieces in which a message comes, each with the index of its part."""
    if turn["kind"] != "say":
        return [(0, "text", turn["text"])] if turn.get("text") else []
    if "chunks" in turn:
        return [(0, "text", piece) for piece in turn["chunks"]]
    return [(index, kind, value) for index, (kind, value) in enumerate(turn["parts"])]


def has_message(turn):
    return turn["kind"] == "say" or (turn["kind"] in {"fail", "incomplete"} and bool(turn.get("text")))


def breaks(turn, run, *, tool_called):
    """Whether the turn breaks what the run asks for, as no model would: such an answer is refused."""
    kind, choice = turn["kind"], run["tool_choice"]
    if kind == "call" and len(turn["calls"]) > 1 and not run["parallel_tool_calls"]:
        return True
    if choice == "none" and kind in CALLS:
        return True
    if choice == "required" and kind == "say" and not tool_called:
        return True
    wanted = run["response_format"]
    return kind == "say" and wanted != "auto" and wanted["type"] != "text" and not _fits(turn)


def _fits(turn):
    """Whether what is said is an object: no schema here asks for more. Silence, and what is declined, has no format."""
    said = "".join(value for kind, value in turn["parts"] if kind == "text")
    return not said or any(kind == "refusal" for kind, _ in turn["parts"]) or said.startswith("{")


def say(*pieces, **more):
    return {"kind": "say", "parts": [("text", "".join(pieces))], "chunks": list(pieces), **more}


def call(*calls, **more):
    return {"kind": "call", "calls": list(calls), **more}


RESULT = {"file_id": "file-1", "file_name": "a.txt", "score": 0.5, "attributes": {}}
FOUND = {**RESULT, "content": [{"type": "text", "text": "forty-two"}]}
MIXED = {"kind": "say", "parts": [("text", "Look"), ("image", "file-9"), ("refusal", "no"), ("text", "there")]}

# One run each; the last two leave a run without a turn in its middle.
PIECES = [
    [say("Hel", "lo", ".")],
    [say("a", "b", "c", "d", takes=10)],
    [say('{"a":', " 1}", takes=1)],
    [call(("f", {})), say('{"b": ', "[]}")],
    [say("slow", " and", " long", takes=400)],
    [say("first", more=True, takes=1), say("second", takes=2)],
    [{"kind": "say", "parts": [], "takes": 3}],
    [{**MIXED, "takes": 4}],
    [{**MIXED, "takes": 300}],
    [call(("f", {}), takes=1), say("done")],
    [call(("f", {"a": 1, "b": [None, "é"]}), ("g", "{bad"), takes=2), say("both", " done")],
    [call(("f", {"x": "y"})), call(("g", {}), ("f", {"n": 1.5})), {"kind": "finish"}],
    [{"kind": "code", "input": "1 + 1", "logs": "2", "takes": 1}, say("two", takes=30)],
    [{"kind": "search", "results": [FOUND], "takes": 2}, say("42")],
    [{"kind": "fail", "code": "server_error"}],
    [{"kind": "fail", "code": "rate_limit_exceeded", "message": "Too much.", "text": "broken", "takes": 5}],
    [call(("f", {})), {"kind": "fail", "code": "server_error"}],
    [{"kind": "incomplete", "reason": "max_completion_tokens", "text": "half", "takes": 2}],
    [{"kind": "incomplete", "reason": "max_prompt_tokens"}],
    [{"kind": "finish", "takes": 700}],
    [{"kind": "hang"}],
    [{"kind": "code", "input": "import this", "takes": 1}],
    [call(("f", {"last": True}), takes=0.1)],
    [{"kind": "finish"}],
]
