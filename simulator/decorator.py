"""`@simulated`: a simulator around a function or a test class, under any runner or none.

What a simulator for one test is, is said here, in `simulating`; the pytest plugin uses it too.
"""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .errors import CheckFailed, UsageError

if TYPE_CHECKING:
    from unittest import TestCase

    from .simulator import Simulator

# Of `Simulator.intercept`; all others are of `Simulator`.
INTERCEPT_OPTIONS = ("passthrough",)
# What the SDK says at each call of these endpoints (1.109 and 3.54; in 3.54 that of assistants is one word).
# It blames the caller's module, so the text is all there is to know it by.
DEPRECATION = r"The Assistants API is deprecated|deprecated\Z"
PARAMETER = "simulator"

_Target = TypeVar("_Target", bound=Callable[..., Any])  # a function or a class


@overload
def simulated(target: _Target, /) -> _Target: ...
@overload
def simulated(**options: Any) -> Callable[[_Target], _Target]: ...
def simulated(*targets: Any, **options: Any) -> Any:
    """Run a function, an async function or each test of a class against a simulator of its own.

    A function that has a parameter `simulator` is called with it. A test class finds it as
    `self.simulator`: in a `unittest.TestCase` from before `setUp` to the last cleanup, in any other class
    while a method whose name starts with "test" runs. After a test that passed, `check()` is called.
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
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", DEPRECATION, DeprecationWarning)
        with Simulator(**own).intercept(**interception) as simulator:
            yield simulator


def refuse_unknown(where: str, options: Mapping[str, Any]) -> None:
    """Refuse options that neither `Simulator` nor `intercept()` has.

    Args:
        where: begins the message, such as "@simulated of test_weather".

    Raises:
        UsageError: with the nearest option and all that there are.
    """
    known = option_names()
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"{where} has no option {name!r}.{hint} The options are {', '.join(known)}.")


def option_names() -> tuple[str, ...]:
    """Return the names of all options, those of `Simulator` first."""
    from .simulator import Simulator

    parameters = inspect.signature(Simulator).parameters.values()
    return (*(each.name for each in parameters if each.kind is not each.VAR_KEYWORD), *INTERCEPT_OPTIONS)


def findings(simulator: Simulator) -> CheckFailed | None:
    """Return what `check()` would raise, as if raised where the caller raises it."""
    try:
        simulator.check()
    except CheckFailed as found:
        return found.with_traceback(None)
    return None


def _decorate(target: Any, options: dict[str, Any]) -> Any:
    refuse_unknown(f"@simulated of {getattr(target, '__qualname__', repr(target))}", options)
    if isinstance(target, type):
        return _decorate_class(target, options)
    if not callable(target):
        raise UsageError(f"@simulated stands over a function or a test class, not over {target!r}.")
    if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        raise UsageError(
            f"@simulated cannot stand over {target.__qualname__}, which is a generator: in a fixture, write "
            "`with Simulator().intercept() as simulator:` around the yield."
        )
    return _around(target, options)


@contextmanager
def _checked(options: Mapping[str, Any], instance: Any = None) -> Iterator[Simulator]:
    """As `simulating`; afterwards the check, which tells a block that failed but never hides its failure."""
    with simulating(options) as simulator, _attribute(instance, simulator):
        try:
            yield simulator
        except Exception as failure:
            if found := findings(simulator):
                failure.add_note(f"Simulator.check() found as well:\n{found}")
            raise
        if found := findings(simulator):
            raise found


@contextmanager
def _attribute(instance: Any, simulator: Simulator) -> Iterator[None]:
    """Let an instance have the simulator as attribute inside the block; None: there is no instance."""
    if instance is None:
        yield
        return
    before = vars(instance).get(PARAMETER)
    instance.simulator = simulator
    try:
        yield
    finally:
        if before is None:
            del instance.simulator
        else:
            instance.simulator = before


def _around(function: Callable[..., Any], options: Mapping[str, Any], *, method: bool = False) -> Callable[..., Any]:
    """Wrap one function; of a `method`, the instance has the simulator as attribute."""
    signature = inspect.signature(function)
    wants = PARAMETER in signature.parameters

    def block(args: tuple[Any, ...]) -> Any:
        return _checked(options, args[0] if method else None)

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            with block(args) as simulator:
                return await function(*args, **kwargs, **({PARAMETER: simulator} if wants else {}))

        return _without_parameter(run_async, signature)

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with block(args) as simulator:
            return function(*args, **kwargs, **({PARAMETER: simulator} if wants else {}))

    return _without_parameter(run, signature)


def _without_parameter(wrapper: Any, signature: inspect.Signature) -> Callable[..., Any]:
    """Show a signature without `simulator`, so that pytest does not look for a fixture of that name."""
    kept = [each for each in signature.parameters.values() if each.name != PARAMETER]
    wrapper.__signature__ = signature.replace(parameters=kept)
    done: Callable[..., Any] = wrapper
    return done


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
        with simulating(options) as simulator, _attribute(self, simulator):
            # First in, so last of all cleanups; unittest takes what it raises for a failure of the test.
            self.addCleanup(_check_if_passed, self, simulator)
            return original(self, result)

    cls.run = run  # type: ignore[method-assign]  # the same signature


def _check_if_passed(case: TestCase, simulator: Simulator) -> None:
    # unittest has no public way to ask this; without it the check runs after a failure too, as one more.
    passed = getattr(getattr(case, "_outcome", None), "success", True)
    if passed and (found := findings(simulator)):
        raise found
