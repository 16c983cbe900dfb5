"""The report card: what came of each hazard, of the drawn conversations, and of the process; plain values, as JSON too.

`ReportCard.model_dump_json()` is what the command prints with `--json`; `ReportCard.model_validate_json` reads it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ..verdicts import Outcome

SHAPE = 1
"""Of the JSON. Names stay; new ones may come."""
DRAWN, PROCESS = "drawn", "process"
"""The kinds of diagnoses that are of no hazard."""
PROCESS_ENDED = "its process ended"
"""How a finding begins, or goes on, where that is what happened."""


class Value(BaseModel):
    """A part of the card."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Finding(Value):
    """Something that does not hold.

    Args:
        invariant: its name; empty where the process itself ended or hung.
        text: what was seen, in a line.
        why: what goes wrong because of it.
        user: who said something when it was seen.
        said: what.
    """

    invariant: str = ""
    text: str
    why: str = ""
    user: str | None = None
    said: str | None = None


class Hang(Value):
    """Where an app goes on without end.

    Args:
        place: file and line, as `bot.py:12`; empty where it is not known.
        function: the function there.
        request: the last request; empty where there was none.
        stack: what the thread was in, innermost last, where the process had to be ended for it.
    """

    place: str = ""
    function: str = ""
    request: str = ""
    stack: tuple[str, ...] = ()


class Diagnosis(Value):
    """How an app came through a hazard, through the drawn conversations, or what its process was seen to do.

    Args:
        id: of the hazard; of drawn conversations the invariant.
        kind: of the hazard, `runs` or `streams`; or `drawn`, or `process`.
        title: what happens, in a line.
        why: of what is not applicable, the reason.
        repair: what a loop must do.
        docs: where the documentation tells of it.
        printed: what the app wrote meanwhile, or its end.
        scenario: the file that plays it again.
        replay: the command that plays it again.
        timeline: the file of its page.
    """

    id: str
    kind: str
    title: str
    outcome: Outcome
    why: str = ""
    findings: tuple[Finding, ...] = ()
    hang: Hang | None = None
    repair: str = ""
    docs: str = ""
    printed: str = ""
    scenario: str | None = None
    replay: str | None = None
    timeline: str | None = None

    @property
    def is_finding(self) -> bool:
        """Whether something is to be mended."""
        return self.outcome in {Outcome.MISBEHAVED, Outcome.HUNG}


DRAWN_CONVERSATIONS = Diagnosis(
    id="drawn-conversations",
    kind=DRAWN,
    title="In conversations that nobody would write by hand, every invariant holds",
    outcome=Outcome.SURVIVED,
    docs="docs/checks.md#what-must-hold",
)
CLIENTS_ARE_CLOSED = Diagnosis(
    id="leaked-clients",
    kind=PROCESS,
    title="Clients are closed, or are made once",
    outcome=Outcome.SURVIVED,
    repair="Make one client and keep it, or close it: `with openai.OpenAI() as client`.",
    docs="docs/doctor.md#the-process",
)
"""What is said of them where nothing is found."""


class Examined(Value):
    """A diagnosis, with what can be written beside it.

    Args:
        scenario: the conversation as YAML; empty where there is none.
        page: its timeline as HTML, where one was asked for.
        is_spent: whether nothing more can be learnt in this process.
    """

    diagnosis: Diagnosis
    scenario: str = ""
    page: str = ""
    is_spent: bool = False


class Learnt(Value):
    """What an app does where nothing is wrong.

    Args:
        functions: the names of those that it declares.
        streams: whether it reads streams.
    """

    functions: tuple[str, ...] = ()
    streams: bool = False


class Seen(Value):
    """What an app was seen to do with its process, and whether it answers calls; of two processes the sum.

    Args:
        later: how many messages were not the first of their user; the first may make what lives on.
        leaving: after how many of them a client was open that was made for it.
        threads: the names of those that were started while the app was spoken to, without their numbers.
        running: of those that still ran when it had answered.
        calls: how often the model called functions.
        submits: how often outputs were submitted.
    """

    later: int = 0
    leaving: int = 0
    threads: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    calls: int = 0
    submits: int = 0

    def __add__(self, other: Seen) -> Seen:
        return Seen(
            later=self.later + other.later,
            leaving=self.leaving + other.leaving,
            threads=self.threads | other.threads,
            running=self.running | other.running,
            calls=self.calls + other.calls,
            submits=self.submits + other.submits,
        )


class ReportCard(Value):
    """What the doctor found.

    Args:
        app: its name, or the command.
        shape: of this value as JSON.
        versions: of what was used, by name.
        complete: whether all that was asked for was played.
        notes: what else is to be known.
    """

    app: str
    shape: int = SHAPE
    versions: dict[str, str] = Field(default_factory=dict)
    complete: bool = True
    functions: tuple[str, ...] = ()
    streams: bool = False
    notes: tuple[str, ...] = ()
    summary: dict[Outcome, int] = Field(default_factory=dict)
    results: tuple[Diagnosis, ...] = ()

    @classmethod
    def of(
        cls,
        app: str,
        results: Sequence[Diagnosis],
        *,
        learnt: Learnt | None = None,
        notes: Sequence[str] = (),
        complete: bool = True,
        versions: dict[str, str] | None = None,
    ) -> ReportCard:
        """Return the card of these diagnoses."""
        known = learnt or Learnt()
        counted = Counter(one.outcome for one in results)
        return cls(
            app=app,
            versions=versions or {},
            complete=complete,
            functions=known.functions,
            streams=known.streams,
            notes=tuple(notes),
            summary={outcome: counted[outcome] for outcome in Outcome},
            results=tuple(results),
        )

    @property
    def findings(self) -> list[Diagnosis]:
        """What is to be mended."""
        return [one for one in self.results if one.is_finding]

    @property
    def clean(self) -> bool:
        """Whether nothing is to be mended."""
        return not self.findings


def file_stem(app: str, id: str) -> str:
    """Return the name of the files of a diagnosis, without its end: one that every file system takes."""
    readable = "".join(one if one.isalnum() and one.isascii() else "-" for one in app).strip("-")
    digest = hashlib.sha256(app.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    name = readable if len(readable) <= 60 and readable.replace("-", "") else f"{readable[:40]}-{digest}"
    return f"{name.strip('-')}-{id}"


def shown_path(path: Path) -> str:
    """Return a path as one would write it from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
