"""The command: `python -m bench [--only NAME]... [--quick] [--json]`.

Nothing is asserted: times depend on the machine, and a slow one is no failure.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence

from rich.console import Console

from .report import Measured, as_json, as_table
from .rows import Row, selected
from .sizes import FULL, QUICK, Sizes

PIPED_WIDTH = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Print every figure beside its target.")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="rows whose name begins so")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, for a look")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options = parser.parse_args(arguments)
    try:
        rows = selected(options.only)
    except LookupError as error:
        parser.error(str(error))
    measured = _measured(rows, QUICK if options.quick else FULL)
    if options.json:
        sys.stdout.write(as_json(measured) + "\n")
        return
    title = "What it costs, at smaller sizes than the rows say" if options.quick else "What it costs"
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(as_table(measured, title))


def _measured(rows: Sequence[Row], sizes: Sizes) -> list[Measured]:
    """Measure one row after the other, and say meanwhile which."""
    measured: list[Measured] = []
    with warnings.catch_warnings(), Console(stderr=True).status("") as status:
        # The SDK marks these endpoints as deprecated, at each call.
        warnings.simplefilter("ignore", DeprecationWarning)
        for row in rows:
            status.update(f"measuring {row.name}")
            measured.append((row, row.measure(sizes)))
    return measured


if __name__ == "__main__":
    main()
