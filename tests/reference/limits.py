"""Tokens, and what does not fit: written from "Tokens and limits" in docs/reference.md.

Nothing here comes near the window of a model: messages are short.
"""

from __future__ import annotations

from tests.reference.turns import CALLS, argument_texts

CHARACTERS = 4
BESIDE_A_MESSAGE = 4
BEFORE_WHAT_IS_SAID, AFTER_IT = 1, 1
BESIDE_A_CALL = {"call": 8, "code": 6, "search": 8}
SEARCHED_FOR = "anything"

PROMPT_IS_TOO_LONG = {"kind": "incomplete", "reason": "max_prompt_tokens"}
NOTHING_FITS = {"kind": "incomplete", "reason": "max_completion_tokens"}


def tokens(text):
    return -(-len(text) // CHARACTERS)


def texts_in(content):
    """The texts of a message in one; what it declines to say is none of them."""
    return "".join(part["text"]["value"] for part in content if part["type"] == "text")


def prompt(run, before, own, *, instructions, outputs, spent):
    """What the model is shown in all, in tokens; None if not even the newest message fits.

    Args:
        before: the texts of the messages that the run began with.
        own: of those that it has written.
        instructions: more of them, of the request.
        outputs: (arguments, output) of the calls that were answered.
        spent: tokens of prompts so far.
    """
    last = run["truncation_strategy"]["last_messages"]
    shown = [tokens(text) + BESIDE_A_MESSAGE for text in (before if last is None else before[-last:]) + own]
    beside = tokens("\n".join(one for one in (run["instructions"], instructions) if one))
    for tool in run["tools"]:
        if tool["type"] == "function":
            beside += tokens(tool["function"]["name"]) + tokens(str(tool["function"]["parameters"]))
    beside += sum(tokens(arguments) + tokens(output) for arguments, output in outputs)
    if run["max_prompt_tokens"] is None:
        return beside + sum(shown)
    room = run["max_prompt_tokens"] - spent
    return next((beside + sum(kept) for kept in _ever_fewer(shown) if beside + sum(kept) <= room), None)


def _ever_fewer(messages):
    """All, then without those in the middle, the oldest first, and at last the newest alone."""
    yield messages
    for dropped in range(1, len(messages) - 1):
        yield messages[:1] + messages[1 + dropped :]
    if len(messages) > 1:
        yield messages[-1:]


def as_far_as_it_gets(turn, left):
    """A turn that has so many tokens left: itself, its beginning, or that nothing of it fits."""
    if turn["kind"] in CALLS:
        return turn if cost_of_calls(turn) <= left else NOTHING_FITS
    if turn["kind"] != "say":
        return turn
    whole = sum(tokens(value) for kind, value in turn["parts"] if kind == "text")
    if BEFORE_WHAT_IS_SAID + whole + AFTER_IT <= left:
        return turn
    return _beginning(turn, left - BEFORE_WHAT_IS_SAID)


def _beginning(turn, room):
    kept = []
    for kind, value in turn["parts"]:
        said = value[: max(0, room) * CHARACTERS] if kind == "text" else value
        if said:
            kept.append((kind, said))
        if said != value:
            break
        room -= tokens(said) if kind == "text" else 0
    texts = [value for kind, value in kept if kind == "text"]
    if not texts:
        return NOTHING_FITS
    chunks = {"chunks": _pieces_of(turn["chunks"], len(texts[0]))} if "chunks" in turn else {}
    return {**turn, "parts": kept, **chunks, "stopped": True}


def _pieces_of(pieces, length):
    found = []
    for piece in pieces:
        if length > 0:
            found.append(piece[:length])
        length -= len(piece)
    return found


def cost_of_calls(turn):
    """What the calls of a turn cost."""
    said = {
        "call": lambda: [
            tokens(name) + tokens(text) for (name, _), text in zip(turn["calls"], argument_texts(turn), strict=True)
        ],
        "code": lambda: [tokens(turn["input"])],
        "search": lambda: [tokens(SEARCHED_FOR)],
    }[turn["kind"]]()
    return sum(said) + BESIDE_A_CALL[turn["kind"]] * len(said)


def cost_of_message(content, *, whole):
    """What a message cost as far as it was said; its end too, if that came."""
    declined = "".join(part["refusal"] for part in content if part["type"] == "refusal")
    return BEFORE_WHAT_IS_SAID + tokens(texts_in(content) + declined) + (AFTER_IT if whole else 0)
