"""The events that a stream of the Responses API may have here."""

from __future__ import annotations

EVENT_NAMES = (
    *("response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"),
    *("response.output_text.delta", "response.output_text.annotation.added", "response.output_text.done"),
    *("response.refusal.delta", "response.refusal.done"),
    *("response.function_call_arguments.delta", "response.function_call_arguments.done"),
    *("response.file_search_call.in_progress", "response.file_search_call.searching"),
    "response.file_search_call.completed",
    *("response.code_interpreter_call.in_progress", "response.code_interpreter_call_code.delta"),
    *("response.code_interpreter_call_code.done", "response.code_interpreter_call.interpreting"),
    "response.code_interpreter_call.completed",
    *("response.content_part.done", "response.output_item.done"),
    *("response.completed", "response.incomplete", "response.failed", "response.cancelled"),
)
