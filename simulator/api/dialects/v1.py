"""Version 1, `OpenAI-Beta: assistants=v1`: what it takes, and how it words refusals.

How it shows objects stands in the tables that all generations share (`history.py`).
"""

from __future__ import annotations

from ..refusals.lookups import NotFound, WrongPrefix
from ..refusals.refusal import Refusal
from ..refusals.states import CannotCancel, OutputsNotAwaited
from .changes import older_status
from .dialect import Dialect
from .history import generation
from .v1_operations import OPERATIONS
from .v1_texts import refuse


def _reworded(refusal: Refusal) -> Refusal:
    # Ids were not judged by their prefix: three recordings have a 404 for an `asst_` where a thread should be.
    if isinstance(refusal, WrongPrefix):
        return NotFound(str(refusal.param).removesuffix("_id"), refusal.value)
    if isinstance(refusal, CannotCancel | OutputsNotAwaited):
        return type(refusal)(older_status(refusal.run_status))
    return refusal


V1 = Dialect(name="v1", operations=OPERATIONS, generation=generation("v1", None), refuse=refuse, reworded=_reworded)
