"""What a verification comes to, as plain text and as JSON: tables, every difference with both sides, the parity."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..recording.verifying.differences import Aspect, Difference, Tally, total
from ..recording.verifying.driving import Driven
from ..recording.verifying.reading import Exchange
from ..recording.verifying.tolerated import RULES
from ..recording.verifying.verifying import Verified
from .wording import cut

NAME_WIDTH = 60
SIDE_WIDTH = 110
_INDEX = re.compile(r"\[\d+\]")
_COLUMNS = (Aspect.STATUS, Aspect.ERRORS, Aspect.EVENTS, Aspect.KEYS, Aspect.VALUES, Aspect.HEADERS)


def lines_of(verified: Verified) -> list[str]:
    """Return the whole report, the figure at its end."""
    scored = [*verified.scored, *verified.responses]
    tally = total(one.tally for one in scored)
    return [
        *_section("By operation", _table(_by_operation(scored))),
        *_section("By session, those that differ", _table(_by_session(scored))),
        *_section("Differences, alike ones once", _differences(tally.counted)),
        *_section("Tolerated", _tolerated(tally.tolerated)),
        *_section("Requests that were not recorded", _unknown(verified.scored)),
        *_section("Documented, not scored", _documented(verified.documented)),
        *_parity(verified),
    ]


def is_perfect(verified: Verified) -> bool:
    """Tell whether nothing differs that no rule tolerates."""
    return not verified.tally.counted and not verified.tally_of_responses.counted


def _section(heading: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return [heading, *(f"  {line}" for line in found), ""] if found else []


# Tables.


def _by_operation(driven: Iterable[Driven]) -> Mapping[str, list[Tally]]:
    rows: dict[str, list[Tally]] = {}
    for one in driven:
        for place, tally in one.tallies.items():
            rows.setdefault(one.session.exchanges[place].operation.name, []).append(tally)
    return dict(sorted(rows.items()))


def _by_session(driven: Iterable[Driven]) -> Mapping[str, list[Tally]]:
    return {one.session.name: list(one.tallies.values()) for one in driven if one.tally.counted}


def _table(rows: Mapping[str, Sequence[Tally]]) -> Iterator[str]:
    if not rows:
        return
    width = min(NAME_WIDTH, max(map(len, rows)))
    yield f"{'':<{width}}  {'exchanges':>9}  {'as recorded':>11}  " + "  ".join(f"{one:>12}" for one in _COLUMNS)
    for name, tallies in rows.items():
        whole = total(tallies)
        exact = sum(not one.counted for one in tallies)
        shares = "  ".join(f"{_share(whole, aspect):>12}" for aspect in _COLUMNS)
        yield f"{cut(name, width):<{width}}  {len(tallies):>9}  {exact:>11}  {shares}"


def _share(tally: Tally, aspect: Aspect) -> str:
    share = tally.share(aspect)
    return "" if share is None else percent(share)


def percent(share: float) -> str:
    """Return a share, rounded down: what says 100 % is whole."""
    return f"{int(share * 10_000) / 100:g} %"


# Differences.


def _differences(differences: Iterable[Difference]) -> Iterator[str]:
    alike: dict[tuple[str, str, str], list[Difference]] = {}
    for one in differences:
        alike.setdefault((one.operation, one.aspect, _INDEX.sub("[]", one.path)), []).append(one)
    for (operation, aspect, path), found in alike.items():
        first = found[0]
        again = f", and {len(found) - 1} times more" if found[1:] else ""
        yield f"{operation}: {aspect}, {path} ({first.session}, exchange {first.place + 1}{again})"
        yield f"    recorded   {_told(first.recorded)}"
        yield f"    simulated  {_told(first.simulated)}"


def _told(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return cut(json.dumps(text, ensure_ascii=False), SIDE_WIDTH)


def _tolerated(differences: Sequence[Difference]) -> Iterator[str]:
    counts = Counter(one.rule for one in differences)
    for rule in RULES:
        yield f"{counts[rule.name]:>5}  {rule.name}: {rule.reason}"


def _unknown(driven: Iterable[Driven]) -> Iterator[str]:
    rows = [(one.session.name, exchange) for one in driven for exchange in one.unknown]
    for name, exchange in rows:
        yield f"{name}, exchange {exchange.index + 1}: {_label(exchange)}"


def _label(exchange: Exchange) -> str:
    return cut(exchange.interaction.label, NAME_WIDTH)


def _documented(driven: Sequence[Driven]) -> Iterator[str]:
    if driven:
        whole = total(one.tally for one in driven)
        exact = sum(not one.tally.counted for one in driven)
        yield f"{len(driven)} sessions, {exact} as documented: {_figures(whole)}"


def _parity(verified: Verified) -> Iterator[str]:
    exchanges = sum(len(one.tallies) for one in verified.scored)
    unknown = sum(len(one.unknown) for one in verified.scored)
    exact = sum(not one.tally.counted for one in verified.scored)
    if verified.passed_over:
        passed_over = len(verified.passed_over)
        yield f"{passed_over} sessions are passed over: they use what is refused by name (docs/responses.md)."
    if verified.responses:
        yield from _parity_of_responses(verified)
    if not verified.scored:
        return
    yield (
        f"Parity over {len(verified.scored)} recorded sessions, {exact} of them without a difference, and {exchanges}"
        f" exchanges ({unknown} more whose request was not recorded):"
    )
    yield f"  {_figures(verified.tally)}"


def _parity_of_responses(verified: Verified) -> Iterator[str]:
    exchanges = sum(len(one.tallies) for one in verified.responses)
    exact = sum(not one.tally.counted for one in verified.responses)
    yield (
        f"Parity over {len(verified.responses)} recorded sessions of the Responses and Conversations APIs,"
        f" {exact} of them without a difference, and {exchanges} exchanges:"
    )
    yield f"  {_figures(verified.tally_of_responses)}"


def _figures(tally: Tally) -> str:
    return ", ".join(f"{aspect} {_share(tally, aspect)}" for aspect in _COLUMNS if tally.compared[aspect])


# As JSON.


def as_json(verified: Verified) -> dict[str, Any]:
    """Return what a verification found as a JSON value."""
    tally = verified.tally
    tolerated = [*tally.tolerated, *verified.tally_of_responses.tolerated]
    return {
        "parity": _aspects(tally),
        "sessions": [_session_json(one) for one in verified.scored],
        "parity_of_responses": _aspects(verified.tally_of_responses),
        "sessions_of_responses": [_session_json(one) for one in verified.responses],
        "documented": [_session_json(one) for one in verified.documented],
        "passed_over": [str(path) for path in verified.passed_over],
        "tolerated": [
            {"rule": rule.name, "reason": rule.reason, "count": sum(one.rule == rule.name for one in tolerated)}
            for rule in RULES
        ],
    }


def _aspects(tally: Tally) -> dict[str, Any]:
    return {
        aspect.value: {"compared": tally.compared[aspect], "differ": tally.wrong(aspect), "share": tally.share(aspect)}
        for aspect in Aspect
    }


def _session_json(driven: Driven) -> dict[str, Any]:
    return {
        "session": driven.session.name,
        "path": str(driven.session.cassette.path),
        "date": driven.session.date,
        "exchanges": len(driven.tallies),
        "unknown": [one.index for one in driven.unknown],
        "aspects": _aspects(driven.tally),
        "differences": [_difference_json(one) for one in driven.tally.differences],
    }


def _difference_json(one: Difference) -> dict[str, Any]:
    sides = {"recorded": _plain(one.recorded), "simulated": _plain(one.simulated)}
    place = {"exchange": one.place, "operation": one.operation, "request": one.label}
    return {**place, "aspect": one.aspect.value, "path": one.path, **sides, "tolerated_by": one.rule}


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
