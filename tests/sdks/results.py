"""What ran under which SDK: read from pytest's report, kept in docs/sdks.json, shown as a table in the README."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree as ET

from .pins import ROOT

RECORD = ROOT / "docs" / "sdks.json"
RAN, NOT_OFFERED, SKIPPED, FAILED = "ran", "not offered", "skipped", "failed"

# Outcome by kind of client (sync, async; empty where there is but one), by column.
Checks: TypeAlias = dict[str, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one environment gave.

    Attributes:
        versions: of Python, openai, the HTTP library and pydantic.
        checks: outcomes.
        others: outcomes of what ran beside the smoke suite, by name of the test.
    """

    name: str
    versions: dict[str, str]
    checks: Checks
    others: dict[str, str]

    @property
    def passed(self) -> bool:
        """Whether each check ran, or is not offered by that SDK, and nothing else failed."""
        outcomes = [one for kinds in self.checks.values() for one in kinds.values()]
        return RAN in outcomes and {*outcomes} <= {RAN, NOT_OFFERED} and FAILED not in self.others.values()

    def count(self, outcome: str) -> int:
        """Return how many tests of the smoke suite had this outcome."""
        return sum(one == outcome for kinds in self.checks.values() for one in kinds.values())


def read_report(xml: str) -> tuple[Checks, dict[str, str]]:
    """Return the outcomes of a report in JUnit's form: those of the smoke suite, and all others."""
    checks: Checks = {}
    others: dict[str, str] = {}
    for case in ET.fromstring(xml).iter("testcase"):
        name, _, kind = case.get("name", "").rstrip("]").partition("[")
        if case.get("classname", "").endswith("test_smoke"):
            checks.setdefault(_title(name), {})[kind] = _outcome(case)
        else:
            others[case.get("name", "")] = _outcome(case)
    return checks, others


def _title(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def _outcome(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return FAILED
    skipped = case.find("skipped")
    if skipped is None:
        return RAN
    return NOT_OFFERED if skipped.get("message", "").startswith(NOT_OFFERED) else SKIPPED


def write(results: Sequence[Result], path: Path = RECORD) -> None:
    """Keep what the table in the README is made of."""
    kept = [{key: value for key, value in asdict(one).items() if key != "others"} for one in results]
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def read(path: Path = RECORD) -> list[Result]:
    """Return what the last whole run found."""
    return [Result(**one, others={}) for one in json.loads(path.read_text(encoding="utf-8"))]


def rows(results: Sequence[Result]) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the table."""
    columns = list(results[0].checks)
    found = [
        [_name(one), _http(one.versions), one.versions["pydantic"], *(_cell(one.checks[name]) for name in columns)]
        for one in results
    ]
    return ["openai", "runs on", "pydantic", *columns], found


def _name(result: Result) -> str:
    sdk = result.versions["openai"]
    return sdk if result.name == sdk else f"{result.name} ({sdk})"


def _http(versions: dict[str, str]) -> str:
    (name,) = versions.keys() - {"python", "openai", "pydantic"}
    return f"{name} {versions[name]}"


def _cell(kinds: dict[str, str]) -> str:
    """Return what is shown of one check: that it ran, that the SDK has it not, or what else is to be known."""
    outcomes = set(kinds.values())
    if outcomes == {RAN}:
        return "✓"
    if outcomes == {NOT_OFFERED}:
        return "–"
    return ", ".join(f"{kind} {outcome}".strip() for kind, outcome in kinds.items())
