"""The cassette of a test under pytest: which file, which options, and what if there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError, refuse_unknown
from . import forms
from .cassette import Cassette
from .folders import TestPlace, named_cassette, own_cassette
from .record_session import recording, watching
from .replay_session import replaying
from .session import Mode, Session, Settings
from .using import OPTIONS, existing, settings_of
from .vcr_settings import change_of

if TYPE_CHECKING:
    import pytest

MARKER, VCR_MARKER, DEFAULT_NAME_MARKER = "cassette", "vcr", "default_cassette"
_NOT_HERE = "mode"  # the command line says it


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a test wants.

    Args:
        path: of its cassette.
        more: of cassettes that are replayed with it.
        records_failures: whether the session of a test that failed is written.
        must_exist: whether a test without a request may do without the file.
    """

    path: Path
    settings: Settings
    more: Sequence[Path] = ()
    records_failures: bool = False
    must_exist: bool = True


def choice_of(request: pytest.FixtureRequest, base: object) -> Choice:
    """Return what a test wants, by its markers and by `base`, the fixture `cassette_options`.

    Raises:
        UsageError: a marker or an option that cannot be meant.
    """
    place = _place_of(request)
    mark = request.node.get_closest_marker(MARKER)
    if mark is None and request.node.get_closest_marker(VCR_MARKER) is not None:
        return _choice_of_vcr(request, place)
    options = {**_checked("cassette_options", base), **(_checked("@pytest.mark.cassette", mark.kwargs) if mark else {})}
    name = _name_of(mark.args if mark else ())
    records_failures = bool(options.pop("record_on_exception", False))
    path = named_cassette(place, name) if name else own_cassette(place)
    return Choice(path=path, settings=settings_of(**options), records_failures=records_failures)


@contextmanager
def in_use(choice: Choice, mode: str) -> Iterator[Session]:
    """Use the cassette of a test inside the block. Without a file, a replay answers nothing.

    Raises:
        CassetteError: it cannot be read or written.
    """
    with ExitStack() as stack:
        if mode == Mode.RECORD:
            yield stack.enter_context(recording(choice.path, choice.settings))
        elif mode == Mode.LIVE:
            yield stack.enter_context(watching(choice.path, choice.settings))
        else:
            yield stack.enter_context(replaying(choice.path, _loaded(choice), choice.settings))


def missing(choice: Choice, node_id: str) -> str | None:
    """Return what to say where there is no file to replay."""
    if not choice.must_exist or choice.path.is_file():
        return None
    return f'There is no cassette {choice.path}. Record it:\n  pytest "{node_id}" --assistants=record'


def _loaded(choice: Choice) -> Cassette:
    found = [forms.load(path) for path in (choice.path, *choice.more) if path.is_file()]
    if not found:
        return Cassette(interactions=[], path=choice.path)
    return replace(found[0], interactions=[one for each in found for one in each.interactions])


def _choice_of_vcr(request: pytest.FixtureRequest, place: TestPlace) -> Choice:
    """Return what pytest-recording, or pytest-vcr, would open."""
    marks = list(request.node.iter_markers(VCR_MARKER))
    config = dict(_value_of(request, "vcr_config", {}))
    for mark in reversed(marks):
        config.update(mark.kwargs)
    name = _default_name(request, place)
    paths = [place.folder / argument for mark in marks for argument in mark.args]
    settings = replace(settings_of(), change=change_of(config))
    path = existing(place.folder / f"{name}.{config.get('serializer', 'yaml')}")
    return Choice(path=path, more=paths, settings=settings, must_exist=False)


def _default_name(request: pytest.FixtureRequest, place: TestPlace) -> str:
    mark = request.node.get_closest_marker(DEFAULT_NAME_MARKER)
    if mark is not None and mark.args:
        return str(mark.args[0])
    # Those of pytest-recording and of pytest-vcr, which a project may have replaced.
    for fixture in ("default_cassette_name", "vcr_cassette_name"):
        if name := _value_of(request, fixture, None):
            return str(name)
    return place.default_name


def _place_of(request: pytest.FixtureRequest) -> TestPlace:
    folder = _value_of(request, "vcr_cassette_dir", None)
    return TestPlace(
        file=Path(request.node.path),
        root=Path(request.config.rootpath),
        class_name=request.cls.__name__ if request.cls else None,
        name=request.node.name,
        own_folder=Path(folder) if folder else None,
    )


def _value_of(request: pytest.FixtureRequest, fixture: str, default: Any) -> Any:
    """Return the value of somebody else's fixture, if there is one."""
    import pytest

    try:
        return request.getfixturevalue(fixture)
    except pytest.FixtureLookupError:
        return default


def _checked(where: str, options: object) -> Mapping[str, Any]:
    if not isinstance(options, Mapping):
        raise UsageError(f"{where} must return a dict of options, not {options!r}.")
    refuse_unknown(where, options, [name for name in OPTIONS if name != _NOT_HERE])
    return options


def _name_of(arguments: Sequence[object]) -> str | None:
    if not arguments:
        return None
    if len(arguments) > 1 or not isinstance(arguments[0], str) or not arguments[0]:
        raise UsageError(f'@pytest.mark.cassette takes one name, such as "weather", not {arguments!r}.')
    return arguments[0]
