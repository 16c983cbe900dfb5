"""Ids that stand for the recorded ones: the same for the same, of the same form, and not to be led back."""

from __future__ import annotations

import hashlib
import re
import string
from dataclasses import replace

from .cassette import Interaction

PREFIXES = ("asst", "call", "conv", "file", "fs", "msg", "req", "resp", "run", "step", "thread", "upload", "vs", "vsfb")
_ID = re.compile(rf"(?<![A-Za-z0-9])(?P<prefix>(?:{'|'.join(PREFIXES)})[_-](?:ibj_)?)(?P<rest>[A-Za-z0-9]{{20,}})")
_BASE62 = string.digits + string.ascii_letters


def with_other_ids(interaction: Interaction) -> Interaction:
    """Return an interaction with every id of the API in it replaced, in addresses and bodies."""
    request, response = interaction.request, interaction.response
    return replace(
        interaction,
        request=replace(request, uri=_replaced(request.uri), body=_replaced_in(request.body)),
        response=replace(response, body=_replaced_in(response.body)),
    )


def _replaced_in(body: bytes) -> bytes:
    return _replaced(body.decode("latin-1")).encode("latin-1")


def _replaced(text: str) -> str:
    return _ID.sub(lambda match: match["prefix"] + _replacement(match["rest"]), text)


def _replacement(rest: str) -> str:
    # 24 characters out of 62 are 142 bits: nobody finds them again by trying.
    number = int.from_bytes(hashlib.shake_256(rest.encode()).digest(len(rest)))
    alphabet = "0123456789abcdef" if re.fullmatch("[0-9a-f]+", rest) else _BASE62
    digits = []
    for _ in rest:
        number, digit = divmod(number, len(alphabet))
        digits.append(alphabet[digit])
    return "".join(digits)
