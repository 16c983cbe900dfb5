"""Which tests of the suite need more than the oldest SDK has: `make test OPENAI=1.3.9` skips them, and says why.

Asked of the SDK itself. `tests/conftest.py` marks the tests; a test in a file that is not named here runs on every SDK.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import openai
from openai.pagination import SyncCursorPage
from openai.resources.beta.assistants import Assistants
from openai.resources.beta.threads import Threads
from openai.resources.beta.threads.runs import Runs


def _takes(function: Any, parameter: str) -> bool:  # Any: whatever the SDK has
    return parameter in inspect.signature(function).parameters


VERSION_2 = "version 2 of the API"
STREAMS = "stream= in runs.create"
HELPERS = "runs.stream and runs.create_and_poll"
HAS_MORE = "has_more in its pages"
RETRY_COUNT = "the header x-stainless-retry-count"
VECTOR_STORES = "vector_stores outside beta"
RESPONSES = "the Responses and Conversations APIs"
NOTICES = "notices that the API is deprecated"

OFFERED: Mapping[str, bool] = {
    VERSION_2: _takes(Assistants.create, "tool_resources"),
    STREAMS: _takes(Runs.create, "stream"),
    HELPERS: hasattr(Runs, "stream") and hasattr(Runs, "create_and_poll"),
    HAS_MORE: "has_more" in SyncCursorPage.model_fields,
    RETRY_COUNT: _takes(openai.OpenAI._build_request, "retries_taken"),
    VECTOR_STORES: hasattr(openai.OpenAI, "vector_stores"),
    RESPONSES: hasattr(openai.OpenAI, "responses") and hasattr(openai.OpenAI, "conversations"),
    NOTICES: hasattr(Threads.create, "__deprecated__"),
}

# By file, and by test where not the whole file needs it.
NEEDS: Mapping[str, str] = {
    "api/test_strict_sdk.py": VECTOR_STORES,
    "api/test_strict_sdk.py::test_every_operation_is_played_and_everything_tolerated_occurs": RESPONSES,
    "test_docs.py::test_the_page_of_the_other_surface_is_true": RESPONSES,
    "scenario/test_on_responses.py": RESPONSES,
    "api/responses/test_conversations.py::test_of_two_at_once_one_is_refused": RESPONSES,
    "api/responses/test_conversations.py::test_a_response_that_never_ends_is_given_up_with_its_client": RESPONSES,
    "api/responses/test_conversations.py::test_a_turn_that_takes_longer_than_its_client_waits_is_cut_off": RESPONSES,
    "api/responses/test_streams.py::test_who_only_looks_on_does_not_cancel": RESPONSES,
    "api/test_through_the_sdk.py": VERSION_2,
    "api/test_through_the_sdk.py::test_the_sdk_retries_twice": RETRY_COUNT,
    "migration/test_gathering.py": VERSION_2,
    "migration/test_regressions.py": RESPONSES,
    "migration/test_surfaces.py": RESPONSES,
    "plugin/test_neighbours.py::test_async_tests": HELPERS,
    "plugin/test_scenarios.py::test_what_only_runs_have_is_passed_over_and_said": RESPONSES,
    "plugin/test_warnings.py::test_warnings_may_be_errors_by_the_ini_file": NOTICES,
    "plugin/test_warnings.py::test_warnings_may_be_errors_by_the_command_line": NOTICES,
    "plugin/test_warnings.py::test_python_itself_may_be_told_so": NOTICES,
    "plugin/test_warnings.py::test_who_wants_to_see_it_can": NOTICES,
    "plugin/test_warnings.py::test_it_is_restored_after_the_test_and_between_tests": NOTICES,
    "test_assistant_program.py": VERSION_2,
    "test_assistant_program.py::test_the_history_has_all_pages_in_order": HAS_MORE,
    "test_bench.py": VERSION_2,
    "test_cli.py::test_the_demo_plays_two_turns_and_shows_the_timeline": VERSION_2,
    "test_cli.py::test_the_demo_checks_that_its_script_was_used": VERSION_2,
    "test_cli.py::test_the_demo_does_not_hide_a_run_that_fails": VERSION_2,
    "test_cli.py::test_the_demo_fits_any_terminal": VERSION_2,
    "test_cli.py::test_the_demo_colours_where_it_is_told_to": VERSION_2,
    "test_decorator.py::test_the_sdks_deprecations_are_silent_inside_only": NOTICES,
    "test_docs.py::test_the_examples_run_and_print_what_the_page_says": VERSION_2,
    "test_docs.py::test_the_tests_among_the_examples_pass": HELPERS,
    "test_docs.py::test_what_is_generated_is_fresh": VERSION_2,
    "test_docs.py::test_the_page_of_moves_is_true": RESPONSES,
    "test_exact_tokens.py::test_the_option_changes_usage_and_limits": VERSION_2,
    "test_simulator.py::test_streams_in_many_threads_say_each_their_own": STREAMS,
    "transport/test_cassettes.py::test_streams_stay_lazy": STREAMS,
    "transport/test_clients.py::test_it_asks_the_handler": VERSION_2,
    "transport/test_clients.py::test_an_event_arrives_before_the_next_frame_is_made": STREAMS,
    "transport/test_clients.py::test_an_async_event_arrives_before_the_next_frame_is_made": STREAMS,
    "transport/test_clients.py::test_the_event_handler_sees_the_events": HELPERS,
    "transport/test_clients.py::test_a_stream_that_is_closed_midway_ends_its_producer": STREAMS,
    "transport/test_clients.py::test_an_async_stream_that_is_closed_midway_ends_its_producer": STREAMS,
    "transport/test_interception.py::test_a_stream_is_lazy": STREAMS,
    "transport/test_interception.py::test_an_async_stream_is_lazy": STREAMS,
    "transport/test_interception.py::test_a_stream_is_read_to_its_end_though_the_block_has_ended": STREAMS,
    "transport/test_interception.py::test_a_stream_that_is_closed_midway_ends_its_producer": STREAMS,
    "transport/test_respx_routes.py::test_a_streamed_answer_of_a_route_stays_lazy": STREAMS,
    "transport/test_respx_routes.py::test_an_async_streamed_answer_of_a_route_stays_lazy": STREAMS,
}


def reason_to_skip(file: str, test: str) -> str | None:
    """Return what the installed SDK lacks for a test; None where it lacks nothing.

    Args:
        file: its path below tests/, with slashes.
        test: its name, without parameters.
    """
    for key in (file, f"{file}::{test}"):
        need = NEEDS.get(key)
        if need is not None and not OFFERED[need]:
            return f"openai {openai.__version__} has no {need}"
    return None
