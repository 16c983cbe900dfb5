"""Writes what is generated in the documentation anew: tables that the code runs by, and the output of the demo.

    python docs/generate.py
    python docs/generate.py parity     the figures of docs/verifying.md too, over ../shared/corpus

It stands between `<!-- generated: NAME -->` and `<!-- end -->`; what stands around it is written by hand.
`tests/test_docs.py` fails while a page and the code disagree.
"""
# ruff: noqa: INP001  # a script, in no package

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simulator.api.dialects.changes import CHANGES, EVENTS  # noqa: E402  # found through the line above
from simulator.api.dialects.key_sets import FIRST_DAY, KEY_SETS  # noqa: E402
from simulator.api.refusals import FAMILIES  # noqa: E402
from simulator.api.refusals.parameters import InvalidParameter  # noqa: E402
from simulator.api.refusals.refusal import Refusal  # noqa: E402
from simulator.api.routes import OPERATIONS  # noqa: E402
from simulator.api.validation import checked, read_query  # noqa: E402
from simulator.backend import fault_kinds  # noqa: E402
from simulator.backend.fault_kinds import HTTP_ERRORS  # noqa: E402
from simulator.backend.ids import FORMS, Form  # noqa: E402
from simulator.backend.lifecycle import RUN_TABLE, STEP_TABLE, Table  # noqa: E402
from simulator.checks.battery import ALWAYS  # noqa: E402
from simulator.checks.hazards import HAZARDS, KINDS, Hazard  # noqa: E402
from simulator.checks.invariants import INVARIANTS, reason_of  # noqa: E402
from simulator.client import Backoff, ClientError, RunPolicy  # noqa: E402
from simulator.migration.kinds import WHY  # noqa: E402
from simulator.recording.verifying.differences import Aspect, Tally  # noqa: E402
from simulator.recording.verifying.tolerated import RULES  # noqa: E402
from simulator.recording.verifying.verifying import verify  # noqa: E402
from simulator.report.demo import play  # noqa: E402
from simulator.scenario.loading import read  # noqa: E402
from simulator.scenario.schema import json_schema  # noqa: E402
from tests.cards import record as cards  # noqa: E402
from tests.scenario.menu import MENU, Entry  # noqa: E402
from tests.sdks import faults as sdk_faults  # noqa: E402
from tests.sdks import results  # noqa: E402

PAGES = (
    ROOT / "README.md",
    *(
        ROOT / "docs" / f"{name}.md"
        for name in (
            "reference",
            "generations",
            "refusals",
            "verifying",
            "migrating",
            "faults",
            "client",
            "checks",
            "hazards",
            "cards",
        )
    ),
)
PARITY = ROOT / "docs" / "parity.json"
SCENARIO_SCHEMA = ROOT / "scenarios" / "scenario.schema.json"
DEMO_LINES = 18
SDK_TABLES = {
    "http": "A request; unless it says otherwise, each attempt of `runs.retrieve` meets the fault:",
    "stream=True": "A stream of `runs.create(stream=True)`, cut before its third delta unless it says otherwise:",
    "runs.stream": "The same with the helper `runs.stream`, its `text_deltas` and then `get_final_run()`:",
}
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

# One bad request for each text of `api/validation.py`: operation, body.
BAD_BODIES: Sequence[tuple[str, Any]] = (
    ("messages.create", {"role": "user"}),
    ("messages.create", {"role": "user", "content": "Hi", "mood": "good"}),
    ("messages.create", {"role": "user", "content": ""}),
    ("messages.create", {"role": "system", "content": "Hi"}),
    ("messages.create", {"role": "user", "content": 5}),
    ("assistants.create", {"model": 5}),
    ("assistants.create", {"model": "gpt-4o", "name": "n" * 257}),
    ("assistants.create", {"model": "gpt-4o", "temperature": 3}),
    ("assistants.create", {"model": "gpt-4o", "tools": [{"type": "retrieval"}]}),
    ("assistants.create", {"model": "gpt-4o", "tools": [{"type": "function"}]}),
    ("assistants.create", {"model": "gpt-4o", "metadata": {str(number): "v" for number in range(17)}}),
)


def main() -> None:
    """Write the pages; asked for `parity`, first the figures that were reached."""
    if sys.argv[1:] == ["parity"]:
        measure()
    for page in PAGES:
        page.write_text(generated(page.read_text(encoding="utf-8")), encoding="utf-8")
    SCENARIO_SCHEMA.write_text(json.dumps(json_schema(), indent=2) + "\n", encoding="utf-8")


def generated(page: str) -> str:
    """Return the text of a page with everything in it that is generated made anew."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]()}\n\n{block[3]}", page)


def demo() -> str:
    """Return the beginning of what the demo prints."""
    printed: list[str] = []
    play(printed.append)
    lines = "\n".join(printed).splitlines()
    return "\n".join(["```console", "$ assistants-simulator demo", *lines[:DEMO_LINES], "…", "```"])


def measure() -> None:
    """Write down what `verify` reaches over the recordings beside the project."""
    verified = verify(sorted((ROOT.parent / "shared" / "corpus").rglob("*.json")))
    reached = {
        **json.loads(PARITY.read_text(encoding="utf-8")),
        "date": datetime.now(UTC).date().isoformat(),
        "sessions": len(verified.scored),
        "exchanges": sum(len(one.tallies) for one in verified.scored),
        "unknown": sum(len(one.unknown) for one in verified.scored),
        "exact": sum(not one.tally.counted for one in verified.scored),
        "parity": _shares(verified.tally),
        "responses": {
            "sessions": len(verified.responses),
            "exchanges": sum(len(one.tallies) for one in verified.responses),
            "exact": sum(not one.tally.counted for one in verified.responses),
            "passed_over": len(verified.passed_over),
            "parity": _shares(verified.tally_of_responses),
        },
    }
    PARITY.write_text(json.dumps(reached, indent=2) + "\n", encoding="utf-8")


def _shares(tally: Tally) -> dict[str, float]:
    return {aspect: int((tally.share(aspect) or 0) * 10_000) / 100 for aspect in Aspect}


def parity_of_responses() -> str:
    """Return the figures that were reached on the Responses and Conversations APIs."""
    reached = json.loads(PARITY.read_text(encoding="utf-8"))["responses"]
    head = (
        f"Of the Responses and Conversations APIs: {reached['sessions']} recorded sessions with {reached['exchanges']}"
        f" exchanges, {reached['exact']} sessions without any difference; {reached['passed_over']} more use what the"
        " simulator refuses by name, and are passed over."
    )
    rows = ((aspect, f"{share:g} %") for aspect, share in reached["parity"].items())
    return f"{head}\n\n{_table(('compared', 'as recorded'), rows)}"


def parity() -> str:
    """Return the figures that were reached, and over what."""
    reached = json.loads(PARITY.read_text(encoding="utf-8"))
    head = (
        f"On {reached['date']}, over {reached['corpus']}: {reached['sessions']} recorded sessions with"
        f" {reached['exchanges']} exchanges whose request is known ({reached['unknown']} more whose request is not),"
        f" {reached['exact']} sessions without any difference."
    )
    rows = ((aspect, f"{share:g} %") for aspect, share in reached["parity"].items())
    return f"{head}\n\n{_table(('compared', 'as recorded'), rows)}"


def tolerated() -> str:
    """Return the rules of what is tolerated."""
    return _table(("rule", "of", "why"), ((rule.name, rule.aspect, rule.reason) for rule in RULES))


def operations() -> str:
    """Return the table of operations."""
    rows = (
        (f"`{one.name}`", f"`{one.method} /v1/{one.path.replace('*', '{id}')}`", f"{one.seconds:g}", one.only or "both")
        for one in OPERATIONS
    )
    return _table(("operation", "request", "virtual seconds", "version of the API"), rows)


def diagram() -> str:
    """Return the life of a run as a Mermaid diagram."""
    arrows = [
        f"    {status} --> {row.to}: {event}" for status, rows in RUN_TABLE.items() for event, row in rows.items()
    ]
    ends = [f"    {status} --> [*]" for status, rows in RUN_TABLE.items() if not rows]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> queued", *arrows, *ends, "```"])


def transitions(table: Table) -> str:
    """Return a table of the life cycle, row by row."""
    rows = (
        (f"`{status}`", f"`{event}`", f"`{row.to}`", _names(row.stamps), _names(row.clears))
        for status, events in table.items()
        for event, row in events.items()
    )
    return _table(("status", "event", "becomes", "sets the time", "clears"), rows)


def refusal_texts() -> str:
    """Return the table of refusals: one row for each class, or for each function that words one."""
    rows = []
    for maker in (one for family in FAMILIES for one in vars(family).values() if _words_one(one, family)):
        refusal = _with_placeholders(maker)
        cause = (inspect.getdoc(maker) or "").partition(". ")[0].partition("\n")[0].rstrip(".:")
        cause = cause.removeprefix("Return the refusal of ")
        rows.append((str(refusal.status), f"`{refusal.code}`" if refusal.code else "", cause, _code(refusal.message)))
    return _table(("HTTP", "code", "when", "text"), rows)


def parameter_texts() -> str:
    """Return the refusals of real bad requests."""
    adapters = {operation.name: operation.body for operation in OPERATIONS if operation.body is not None}
    found = [_refused(partial(checked, adapters[name], body)) for name, body in BAD_BODIES]
    found.append(_refused(partial(read_query, "limit=101")))
    rows = ((f"`{one.code}`", f"`{one.param}`", _code(one.message)) for one in found)
    return _table(("code", "param", "text"), rows)


def key_sets() -> str:
    """Return which keys objects had, from when on."""
    rows = ((_kind(row.kind), row.since, row.version or "both", f"`{row.keys}`") for row in KEY_SETS)
    return _table(("object", "since", "version", "keys"), rows)


def value_changes() -> str:
    """Return which values were others, and until when; what is said of several keys alike is said once."""
    said: dict[tuple[str, str, str], list[str]] = {}
    for row in CHANGES:
        said.setdefault((row.what, row.until, row.version), []).append(f"{row.kind}.{row.key}")
    rows = [(_names(of), until or "always", version or "both", what) for (what, until, version), of in said.items()]
    events = [(_names([one.name]), one.until or "always", one.version or "both", f"`{one.older}`") for one in EVENTS]
    return _table(("value", "before", "version", "what it was"), [*rows, *events])


def id_forms() -> str:
    """Return how ids looked, from when on."""
    rows = [(f"`{kind}`", form.since or FIRST_DAY, _form(form)) for kind, forms in FORMS.items() for form in forms]
    return _table(("id", "since", "form"), rows)


def _form(form: Form) -> str:
    digits = "hexadecimal digits" if form.hexadecimal else "letters and digits"
    return f"`{form.prefix}` and {form.length} {digits}" if form.prefix else f"{form.length} {digits}"


def _kind(kind: str) -> str:
    operation, _, name = kind.rpartition(" ")
    return f"`{name}` in the answer of `{operation}`" if operation else f"`{name}`"


def fault_texts() -> str:
    """Return what `http_error` answers where it is given a status only."""
    rows = (
        (str(status), f"`{type}`", f"`{code}`" if code else "", _code(text))
        for status, (text, type, code) in HTTP_ERRORS.items()
    )
    return _table(("HTTP", "type", "code", "text"), rows)


def fault_makers() -> str:
    """Return how each kind of fault is made, and what it does in the words of its docstring."""
    makers = [getattr(fault_kinds, name) for name in fault_kinds.FAULT_TYPES]
    rows = ((_code(f"{one.__name__}{_bare(one)}"), _what(one)) for one in makers)
    return _table(("fault", "what happens"), rows)


def _what(function: Callable[..., Any]) -> str:
    """Return the first line of a docstring."""
    line = (inspect.getdoc(function) or "").partition("\n")[0].removeprefix("Return ").rstrip(".")
    return line[:1].upper() + line[1:]


def _bare(function: Callable[..., Any]) -> inspect.Signature:
    """Return a signature without types."""
    given = inspect.signature(function)
    parameters = [one.replace(annotation=inspect.Parameter.empty) for one in given.parameters.values()]
    return given.replace(parameters=parameters, return_annotation=inspect.Signature.empty)


def differences() -> str:
    """Return the kinds of difference between an old program and a new one, and why each matters."""
    return _table(("kind", "why it matters"), ((f"`{kind}`", why) for kind, why in WHY.items()))


def fault_menu() -> str:
    """Return the menu of faults: a table for each part of it."""
    heads = ("fault", "scenario", "a run loop must")
    parts = (
        f"## {title[:1].upper()}{title[1:]}\n\n{_table(heads, map(_menu_row, entries))}"
        for title, entries in MENU.items()
    )
    return "\n\n".join(parts)


def _menu_row(entry: Entry) -> Sequence[str]:
    about = read(ROOT / "scenarios" / "faults" / f"{entry.scenario}.scenario.yaml").about or ""
    return (entry.fault, f"`{entry.scenario}`", about[:1].lower() + about[1:].rstrip("."))


def hazards() -> str:
    """Return each hazard: what happens, where it was reported, what shows and judges it, what a loop must do."""
    parts = (f"## {kind[:1].upper()}{kind[1:]}\n\n" + "\n\n".join(map(_hazard, KINDS[kind])) for kind in KINDS)
    return f"There are {len(HAZARDS)}.\n\n" + "\n\n".join(parts)


def _hazard(hazard: Hazard) -> str:
    reports = ", ".join(f"[{report}]({link})" for report, link in hazard.links)
    lines = [
        f'<a id="{hazard.id}"></a>\n\n### `{hazard.id}`: {hazard.title}',
        hazard.what,
        f"A loop must: {hazard.repair[:1].lower()}{hazard.repair[1:]}",
        f"Shown by {_names(hazard.scenarios)}; judged by {_names(one.__name__ for one in hazard.invariants)}.",
        *([f"Reported: {reports}."] if reports else []),
    ]
    return "\n\n".join(lines)


def hazard_invariants() -> str:
    """Return the invariants of the hazards: what must hold, and what goes wrong otherwise."""
    named = dict.fromkeys([*ALWAYS, *(one for hazard in HAZARDS for one in hazard.invariants)])
    rows = ((one.__name__, *reason_of(one).replace("\n\n", "\0").replace("\n", " ").split("\0")) for one in named)
    return _table(("invariant", "what must hold", "why"), ((f"`{name}`", what, why) for name, what, why in rows))


def faults_by_sdk() -> str:
    """Return what the last `make sdk-faults` found, a table for each way to ask."""
    found = sdk_faults.read()
    parts = (f"{title}\n\n{_table(*sdk_faults.rows(found, kind))}" for kind, title in SDK_TABLES.items())
    return "\n\n".join(parts)


def card_summary() -> str:
    """Return how many hazards each library came through, as the last `make cards` found."""
    return _table(*cards.summary(cards.read()))


def card_matrix() -> str:
    """Return how each library came through each hazard."""
    return _table(*cards.matrix(cards.read()))


def _causes(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return _table(heads, rows) if rows else "Nothing was found."


def card_causes() -> str:
    """Return why a library did not come through, line by line of its code."""
    parts = (f"## {title}\n\n{about}\n\n{_causes(*rows)}" for title, about, rows in cards.sections(cards.read()))
    return "\n\n".join(parts)


def sdks() -> str:
    """Return what the last `make sdks` found."""
    return _table(*results.rows(results.read()))


def invariants() -> str:
    """Return the invariants of `simulator.checks`, with what goes wrong otherwise."""
    lines = ["| invariant | |", "|---|---|"]
    for one in INVARIANTS:
        holds, otherwise = (" ".join(part.split()) for part in reason_of(one).split("\n\n"))
        lines.append(f"| `{one.__name__}` | {holds} {otherwise} |")
    return "\n".join(lines)


def run_policy() -> str:
    """Return the options of the client's `RunPolicy`, with their defaults."""
    described = re.findall(r"^ {4}(\w+): ((?:.+\n?(?! {4}\w+: ))+)", inspect.getdoc(RunPolicy) or "", re.MULTILINE)
    texts = {name: " ".join(text.split()) for name, text in described}
    rows = [f"| `{one.name}` | {_default(one.default)} | {texts[one.name]} |" for one in dataclasses.fields(RunPolicy)]
    return "\n".join(["| option | default | |", "|---|---|---|", *rows])


def _default(value: object) -> str:
    return f"{value.first:g} s to {value.longest:g} s" if isinstance(value, Backoff) else f"`{value!r}`"


def client_errors() -> str:
    """Return the errors of the client, each under the one that it is a kind of."""
    rows = [f"| {'– ' * depth}`{kind.__name__}` | {_first_line(kind)} |" for depth, kind in _kinds(ClientError, 0)]
    return "\n".join(["| error | |", "|---|---|", *rows])


def _kinds(kind: type, depth: int) -> Iterator[tuple[int, type]]:
    kinds: list[type] = kind.__subclasses__()
    for one in kinds:
        yield depth, one
        yield from _kinds(one, depth + 1)


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").splitlines()[0]


BLOCKS: Mapping[str, Callable[[], str]] = {
    "run-policy": run_policy,
    "client-errors": client_errors,
    "hazard-invariants": hazard_invariants,
    "demo": demo,
    "parity": parity,
    "parity-of-responses": parity_of_responses,
    "tolerated": tolerated,
    "operations": operations,
    "run-diagram": diagram,
    "run-transitions": lambda: transitions(RUN_TABLE),
    "step-transitions": lambda: transitions(STEP_TABLE),
    "refusals": refusal_texts,
    "parameters": parameter_texts,
    "generations": key_sets,
    "changes": value_changes,
    "id-forms": id_forms,
    "fault-kinds": fault_makers,
    "faults": fault_texts,
    "differences": differences,
    "fault-menu": fault_menu,
    "hazards": hazards,
    "invariants": invariants,
    "card-summary": card_summary,
    "card-matrix": card_matrix,
    "card-causes": card_causes,
    "sdk-faults": faults_by_sdk,
    "sdks": sdks,
}


def _words_one(maker: Any, family: ModuleType) -> bool:
    """Tell whether `maker` is of this family, and calling it gives a refusal whose text it knows."""
    if getattr(maker, "__module__", "") != family.__name__:
        return False
    if inspect.isclass(maker):
        return maker not in (Refusal, InvalidParameter) and "__init__" in vars(maker)
    return inspect.isfunction(maker) and "Refusal" in str(inspect.signature(maker).return_annotation)


def _with_placeholders(maker: Callable[..., Refusal]) -> Refusal:
    return maker(**{name: _placeholder(one) for name, one in inspect.signature(maker).parameters.items()})


def _placeholder(parameter: inspect.Parameter) -> Any:
    """Return what stands for an argument in the text: `{run_id}`."""
    name = f"{{{parameter.name}}}"
    if parameter.annotation.startswith("Sequence"):
        return [name]
    return RuntimeError(name) if parameter.annotation == "Exception" else name


def _refused(ask: Callable[[], object]) -> Refusal:
    try:
        ask()
    except Refusal as refusal:
        return refusal
    raise AssertionError("An example of a bad request in docs/generate.py was taken.")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_lines(heads, rows))


def _lines(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _names(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


def _code(text: str) -> str:
    """Return `text` on one line, in as many backticks as it takes."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text.replace(chr(10), chr(92) + 'n')}{fence}"


if __name__ == "__main__":
    main()
