"""What the service has and this simulator has not: a table of it, each refused by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...backend.responses.items import INCLUDABLE
from ..refusals.responses import Beyond, UnknownValue

FIELDS: Mapping[str, str] = {
    "background": "background mode",
    "prompt": "a reusable prompt",
    "max_tool_calls": "a limit of tool calls",
    "context_management": "context management",
    "moderation": "moderation",
    "prompt_cache_options": "options of the prompt cache",
    "access_programs": "access programs",
    "top_logprobs": "log probabilities",
}
"""Fields of `responses.create`; false, 0 and an empty list ask for nothing."""

REASONING: Mapping[str, str] = dict.fromkeys(
    ("summary", "generate_summary", "mode", "context"), "a setting of reasoning beside its effort"
)
TOOL_FIELDS: Mapping[str, str] = {
    "defer_loading": "tool search",
    "allowed_callers": "programmatic tool calling",
    "output_schema": "programmatic tool calling",
}
CALL_FIELDS: Mapping[str, str] = {
    "caller": "programmatic tool calling",
    "namespace": "namespaces of tools",
}
CONTAINER_FIELDS: Mapping[str, str] = {"network_policy": "networks of containers", "skills": "skills"}

TOOLS = ("function", "file_search", "code_interpreter")
OTHER_TOOLS = (
    *("apply_patch", "computer", "computer_use_preview", "custom", "image_generation", "local_shell", "mcp"),
    *("namespace", "programmatic_tool_calling", "shell", "tool_search", "web_search", "web_search_2025_08_26"),
    *("web_search_preview", "web_search_preview_2025_03_11"),
)
OTHER_CHOICES = (*OTHER_TOOLS, "allowed_tools")
ITEMS = ("message", "function_call", "function_call_output", "file_search_call", "code_interpreter_call")
OTHER_ITEMS = (
    *("additional_tools", "apply_patch_call", "apply_patch_call_output", "compaction", "compaction_trigger"),
    *("computer_call", "computer_call_output", "configuration_update", "custom_tool_call", "custom_tool_call_output"),
    *("image_generation_call", "item_reference", "local_shell_call", "local_shell_call_output"),
    *("mcp_approval_request", "mcp_approval_response", "mcp_call", "mcp_list_tools", "program", "program_output"),
    *("reasoning", "shell_call", "shell_call_output", "tool_search_call", "tool_search_output", "web_search_call"),
)
OTHER_PARTS = ("computer_screenshot", "input_audio", "summary_text", "encrypted_content")
OTHER_INCLUDED: Mapping[str, str] = {"message.output_text.logprobs": "log probabilities"}
# These are about items that a simulated response never has: there is nothing to show, and nothing to refuse.
WITHOUT_EFFECT = (
    "web_search_call.results",
    "web_search_call.action.sources",
    "computer_call_output.output.image_url",
    "reasoning.encrypted_content",
)
# The parts that a message of the model may have; all others may have the other ones too.
OF_ASSISTANT = ("output_text", "refusal")
OF_OTHERS = ("input_text", "input_image", "output_text", "refusal", "input_file", *OTHER_PARTS[:1], OTHER_PARTS[2])


def refuse_beyond(body: Mapping[str, Any]) -> None:
    """Refuse what a body of `responses.create` asks for and there is not here.

    Raises:
        Beyond: the service has it.
        UnknownValue: not even the service has it.
    """
    _refuse_fields(body, FIELDS)
    _refuse_fields(body.get("reasoning", {}), REASONING, "reasoning.")
    for index, tool in enumerate(body.get("tools", ())):
        _refuse_tool(tool, f"tools[{index}]")
    choice = body.get("tool_choice")
    if isinstance(choice, Mapping):
        _refuse_kind(choice["type"], TOOLS, OTHER_CHOICES, "tool_choice.type", "the choice")
    given = body.get("input", ())
    refuse_items(() if isinstance(given, str) else given, "input")
    refuse_included(body.get("include", ()))


def refuse_items(given: Iterable[Mapping[str, Any]], where: str) -> None:
    """Refuse items, and contents of messages, that there are not here.

    Raises:
        Beyond, UnknownValue: as `refuse_beyond`.
    """
    for index, item in enumerate(given):
        kind = item.get("type", "message")
        _refuse_kind(kind, ITEMS, OTHER_ITEMS, f"{where}[{index}].type", "an item")
        _refuse_fields(item, CALL_FIELDS, f"{where}[{index}].")
        for key in ("content", "output"):
            parts = item.get(key, "")
            if not isinstance(parts, str):
                _refuse_parts(parts, OF_ASSISTANT if item.get("role") == "assistant" else OF_OTHERS, where, index, key)


def refuse_included(include: Iterable[str], param: str = "include") -> None:
    """Refuse what `include` names and there is not here.

    Raises:
        Beyond, UnknownValue: as `refuse_beyond`.
    """
    for index, name in enumerate(include):
        if name in OTHER_INCLUDED:
            raise Beyond(OTHER_INCLUDED[name], f"{param}[{index}]")
        supported = (*INCLUDABLE, *WITHOUT_EFFECT, *OTHER_INCLUDED)
        if name not in supported:
            raise UnknownValue(name, supported, f"{param}[{index}]")


def _refuse_fields(given: Mapping[str, Any], fields: Mapping[str, str], before: str = "") -> None:
    for key, what in fields.items():
        if given.get(key):
            raise Beyond(what, before + key)


def _refuse_tool(tool: Mapping[str, Any], where: str) -> None:
    _refuse_kind(tool["type"], TOOLS, OTHER_TOOLS, f"{where}.type", "the tool")
    _refuse_fields(tool, TOOL_FIELDS, f"{where}.")
    if tool["type"] == "code_interpreter" and isinstance(tool["container"], Mapping):
        _refuse_fields(tool["container"], CONTAINER_FIELDS, f"{where}.container.")


def _refuse_kind(kind: str, here: Sequence[str], elsewhere: Sequence[str], param: str, what: str) -> None:
    if kind in elsewhere:
        raise Beyond(f"{what} {kind}", param)
    if kind not in here:
        raise UnknownValue(kind, sorted((*here, *elsewhere)), param)


def _refuse_parts(
    parts: Iterable[Mapping[str, Any]], supported: Sequence[str], where: str, index: int, key: str
) -> None:
    for number, part in enumerate(parts):
        param, kind = f"{where}[{index}].{key}[{number}]", part["type"]
        if kind not in supported:
            raise UnknownValue(kind, supported, param)
        if kind in OTHER_PARTS:
            raise Beyond(f"the part {kind}", param)
