"""`@simulated`: a simulator around a function or a test class, under any runner or none.

What a simulator for one test is, is said here, in `simulating`; the pytest plugin uses it too.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload

from .errors import CheckFailed, UsageError, refuse_unknown

if TYPE_CHECKING:
    from unittest import TestCase

    from .simulator import Simulator

# Of `Simulator.intercept`; all others are of `Simulator`.
INTERCEPT_OPTIONS = ("passthrough",)
# What the SDK says at each call of these endpoints (1.109 and 3.54; in 3.54 that of assistants is one word).
# It blames the caller's module, so the text is all there is to know it by.
DEPRECATION = r"The Assistants API is deprecated|deprecated\Z"
PARAMETER = "simulator"

# What a decorated function runs in, given its arguments.
Block: TypeAlias = Callable[[tuple[Any, ...]], AbstractContextManager["Simulator"]]
_Target = TypeVar("_Target", bound=Callable[..., Any])  # a function or a class


@overload
def simulated(target: _Target, /) -> _Target: ...
@overload
def simulated(**options: Any) -> Callable[[_Target], _Target]: ...
def simulated(*targets: Any, **options: Any) -> Any:
    """Run a function, an async function or each test of a class against a simulator of its own.

    A function that has a parameter `simulator` is called with it. A test class finds it as
    `self.simulator`: in a `unittest.TestCase` from before `setUp` to the last cleanup, in any other class
    while a method whose name starts with "test" runs. After a function or method that passed, `check()`
    is called.
    Where simulators nest, the innermost takes the requests.

    Args:
        targets: what is decorated, for `@simulated` without options.
        options: those of `Simulator`, and `passthrough`, which is that of `intercept()`.

    Raises:
        UsageError: an option that there is not; something that is neither function nor test class.
        CheckFailed: when the function is called, as `Simulator.check`.
    """
    if not targets:
        return lambda target: _decorate(target, options)
    if len(targets) > 1 or options or not callable(targets[0]):
        raise UsageError("@simulated takes options by name, such as @simulated(seed=1).")
    return _decorate(targets[0], {})


@contextmanager
def simulating(options: Mapping[str, Any]) -> Iterator[Simulator]:
    """Give a new simulator that intercepts inside the block, where the SDK's notices of deprecation are silent.

    Raises:
        UsageError: a value that an option cannot have.
    """
    from .simulator import Simulator

    own = {name: value for name, value in options.items() if name not in INTERCEPT_OPTIONS}
    interception = {name: value for name, value in options.items() if name in INTERCEPT_OPTIONS}
    with without_deprecations(), Simulator(**own).intercept(**interception) as simulator:
        yield simulator


@contextmanager
def without_deprecations() -> Iterator[None]:
    """Silence, inside the block, the SDK's notices that the API is deprecated."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", DEPRECATION, DeprecationWarning)
        yield


def option_names() -> tuple[str, ...]:
    """Return the names of all options, those of `Simulator` first."""
    from .options import NAMES

    return (*NAMES, *INTERCEPT_OPTIONS)


def findings(simulator: Simulator, allow: Collection[str] = ()) -> CheckFailed | None:
    """Return what `check(allow)` would raise, as if raised where the caller raises it."""
    try:
        simulator.check(allow)
    except CheckFailed as found:
        return found.with_traceback(None)
    return None


def _decorate(target: Any, options: dict[str, Any]) -> Any:
    refuse_unknown(f"@simulated of {_name(target)}", options, option_names())
    if isinstance(target, type):
        return _decorate_class(target, options)
    if isinstance(target, (staticmethod, classmethod)):
        return _around_member(target, options)
    if not callable(target):
        raise UsageError(f"@simulated stands over a function or a test class, not over {target!r}.")
    if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        raise UsageError(
            f"@simulated cannot stand over {target.__qualname__}, which is a generator: in a fixture, write "
            "`with Simulator().intercept() as simulator:` around the yield."
        )
    return _around(target, options)


def _around(function: Callable[..., Any], options: Mapping[str, Any], *, method: bool = False) -> Callable[..., Any]:
    """Wrap one function; of a `method`, the instance has the simulator as attribute."""

    @contextmanager
    def block(args: tuple[Any, ...]) -> Iterator[Simulator]:
        with simulating(options) as simulator, _checking(simulator):
            if not method:
                yield simulator
                return
            with _attribute(args[0], PARAMETER, simulator):
                yield simulator

    return _inside(function, block)


def _inside(function: Callable[..., Any], block: Block) -> Callable[..., Any]:
    """Wrap a function, so that it runs inside a block and is given the simulator if it has a parameter for it."""
    signature = inspect.signature(function)
    wants = PARAMETER in signature.parameters

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            with block(args) as simulator:
                return await function(*args, **kwargs, **({PARAMETER: simulator} if wants else {}))

        return _without_parameter(run_async, signature)

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with block(args) as simulator:
            result = function(*args, **kwargs, **({PARAMETER: simulator} if wants else {}))
            if inspect.iscoroutine(result):  # it would run after the block, and reach the network
                result.close()
                raise UsageError(
                    f"@simulated stands over {_name(function)}, which gives a coroutine but is no async function:"
                    " put @simulated over the async function itself."
                )
            return result

    return _without_parameter(run, signature)


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", repr(function)))


def _without_parameter(wrapper: Any, signature: inspect.Signature) -> Callable[..., Any]:
    """Show a signature without `simulator`, so that pytest does not look for a fixture of that name."""
    kept = [each for each in signature.parameters.values() if each.name != PARAMETER]
    wrapper.__signature__ = signature.replace(parameters=kept)
    done: Callable[..., Any] = wrapper
    return done


@contextmanager
def _checking(simulator: Simulator) -> Iterator[None]:
    """Check at the end of the block; the failure of a block that failed is kept, with the findings as a note."""
    try:
        yield
    except Exception as failure:
        if found := findings(simulator):
            failure.add_note(f"Simulator.check() found as well:\n{found}")
        raise
    if found := findings(simulator):
        raise found


@contextmanager
def _attribute(instance: Any, name: str, value: object) -> Iterator[None]:
    """Let an instance have an attribute inside the block."""
    before = [vars(instance)[name]] if name in vars(instance) else []
    setattr(instance, name, value)
    try:
        yield
    finally:
        delattr(instance, name)
        for old in before:
            setattr(instance, name, old)


def _decorate_class(cls: type, options: dict[str, Any]) -> type:
    from unittest import TestCase

    if issubclass(cls, TestCase):
        _wrap_run(cls, options)
        return cls
    found = {name: inspect.getattr_static(cls, name) for name in dir(cls) if name.startswith("test")}
    tests = {name: test for name, test in found.items() if isinstance(test, (FunctionType, staticmethod, classmethod))}
    if not tests:
        raise UsageError(f"@simulated of {cls.__qualname__}: it has no method whose name starts with 'test'.")
    for name, test in tests.items():
        setattr(cls, name, _around_member(test, options))
    return cls


def _around_member(member: Any, options: Mapping[str, Any]) -> Any:
    if isinstance(member, (staticmethod, classmethod)):
        return type(member)(_around(member.__func__, options))
    return _around(member, options, method=True)


def _wrap_run(cls: type[TestCase], options: Mapping[str, Any]) -> None:
    """Wrap `run`, which subclasses that have a `setUp` of their own leave alone, so that it surrounds that too."""
    original = cls.run

    @wraps(original)
    def run(self: TestCase, result: Any = None) -> Any:
        with (
            simulating(options) as simulator,
            _attribute(self, PARAMETER, simulator),
            _attribute(self, self._testMethodName, _then_check(self, simulator)),
        ):
            return original(self, result)

    cls.run = run  # type: ignore[method-assign]  # the same signature


def _then_check(case: TestCase, simulator: Simulator) -> Callable[..., Any]:
    """Return the test method of a case, with the check at its end: what it raises fails the test, as an assertion."""

    @contextmanager
    def block(args: tuple[Any, ...]) -> Iterator[Simulator]:
        with _checking(simulator):
            yield simulator

    return _inside(getattr(case, case._testMethodName), block)  # noqa: SLF001  # unittest's, and older than pytest
