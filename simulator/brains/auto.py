"""A brain for those who do not care what is said: plausible, and always the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..backend.brain import View
from ..backend.turns import Turn, as_turn, call, run_code, say, search_files
from ..errors import NoTurn, told
from .examples import example


class AutoBrain:
    """Calls one function with arguments that fit its schema, then says what came out.

    The function is the one that `tool_choice` names, else the one whose name is in the user's text,
    else the first. Code is run and files are searched only where `tool_choice` names that, or requires
    a tool and there is no function. With "none", without functions, and after the outputs, it says a text,
    or a JSON value where `response_format` asks for one.
    """

    def answer(self, view: View) -> Turn:
        """Return the turn.

        Raises:
            NoTurn: a schema or a choice of the run is such that there is none.
        """
        try:
            return self._turn(view)
        except Exception as error:  # raised through a request, it would tear the client's call apart
            raise NoTurn(
                f"The brain 'auto' has no answer for run {view.run['id']}, user text {view.user!r}: {told(error)}"
                " Script the turn with sim.script(…)."
            ) from error

    def _turn(self, view: View) -> Turn:
        builtin = None if view.tools_called else _required_builtin(view)
        if builtin is not None:
            return builtin
        name = _chosen_function(view)
        if name is not None and not view.outputs:
            return as_turn(call(name, **_arguments(view.functions.get(name, {}))))
        if isinstance(view.settings.get("response_format"), Mapping):
            return say(json.dumps(_json_reply(view), ensure_ascii=False))
        return say(_reply(view))


def _required_builtin(view: View) -> Turn | None:
    choice = view.settings.get("tool_choice")
    kinds = [tool["type"] for tool in view.run.get("tools") or ()]
    if isinstance(choice, Mapping):
        kinds = [choice.get("type")]
    elif choice != "required" or view.functions:
        return None
    if "code_interpreter" in kinds:
        return run_code("print('Hello.')", logs="Hello.")
    return search_files(view.user) if "file_search" in kinds else None


def _chosen_function(view: View) -> str | None:
    choice = view.settings.get("tool_choice")
    if isinstance(choice, Mapping):
        forced: str | None = choice.get("function", {}).get("name")
        return forced
    if choice == "none" or not view.functions:
        return None
    named = (name for name in view.functions if name in view.user)
    return next(named, next(iter(view.functions)))


def _reply(view: View) -> str:
    if view.outputs:
        return " ".join(f"{one.name} answered: {one.output}" for one in view.outputs)
    return f"You said: {view.user}" if view.user else "Hello."


def _json_reply(view: View) -> Any:
    wanted = view.settings["response_format"]
    if wanted.get("type") == "json_schema":
        return example(wanted["json_schema"].get("schema", {}))
    return {"reply": _reply(view)} if wanted.get("type") == "json_object" else _reply(view)


def _arguments(schema: Mapping[str, Any]) -> dict[str, Any]:
    value = example({"type": "object", **schema})
    return value if isinstance(value, dict) else {}
