"""Which versions stand beside an SDK: `python tests/sdks/pins.py 1.14.3` prints them as constraints for pip or uv.

The Makefile asks here before there is an environment, so this needs the standard library only.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Up to openai 1.55.2 a client that builds its own HTTP client hands it `proxies`, which httpx 0.28 no longer
# takes: TypeError at `OpenAI()`. Their requirement, httpx<1, lets it in all the same.
HANDS_OVER_NO_PROXIES = (1, 55, 3)
LAST_WITH_PROXIES = "0.27.2"


def pins(sdk: str, constraints: str) -> str:
    """Return the constraints of an environment with this SDK.

    Args:
        sdk: a version of openai, such as "1.14.3".
        constraints: the content of constraints.txt; what is not said otherwise there is as said there.

    Raises:
        ValueError: `sdk` is no version such as "1.14.3".
    """
    instead = {"openai": sdk}
    if release(sdk) < HANDS_OVER_NO_PROXIES:
        instead["httpx"] = LAST_WITH_PROXIES
    kept = [line for line in constraints.splitlines() if line.partition("==")[0] not in instead]
    return "\n".join([*kept, *(f"{name}=={version}" for name, version in instead.items())]) + "\n"


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version.

    Raises:
        ValueError: it is no version such as "1.14.3".
    """
    try:
        return tuple(int(number) for number in version.split("."))
    except ValueError:
        raise ValueError(f"{version!r} is no version of openai: write it as 1.14.3") from None


def newest(constraints: str) -> str:
    """Return the SDK that everything is developed with, which is the newest that we have tried."""
    return next(line.removeprefix("openai==") for line in constraints.splitlines() if line.startswith("openai=="))


def main(arguments: list[str]) -> None:
    """Print the constraints of one environment.

    Raises:
        SystemExit: there is not one argument, or it is no version.
    """
    if len(arguments) != 1:
        sys.exit("Name one version of openai: python tests/sdks/pins.py 1.14.3")
    try:
        sys.stdout.write(pins(arguments[0], (ROOT / "constraints.txt").read_text(encoding="utf-8")))
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
