import pytest

from simulator.backend.models import USUAL_WINDOW, can_be_used, can_be_used_in_v1, context_window


@pytest.mark.parametrize(
    "model, tokens",
    [
        ("gpt-4-turbo", 128_000),
        ("gpt-4-turbo-2024-04-09", 128_000),
        ("gpt-4", 8_192),
        ("gpt-4-0613", 8_192),
        ("gpt-4-32k-0314", 32_768),
        ("gpt-4-1106-preview", 128_000),
        ("gpt-4.1-mini", 1_047_576),
        ("gpt-4o-mini-2024-07-18", 128_000),
        ("gpt-3.5-turbo", 16_385),
        ("gpt-3.5-turbo-0613", 4_096),
        ("gpt-35-turbo", 16_385),
        ("ft:gpt-4o-mini-2024-07-18:org::id", 128_000),
        ("ft:gpt-3.5-turbo-0125:org::id", 16_385),
        ("gpt-5-nano", 400_000),
        ("o3-mini", 200_000),
        ("our-own-model", USUAL_WINDOW),
        ("", USUAL_WINDOW),
    ],
)
def test_how_much_a_model_takes_in(model, tokens):
    assert context_window(model) == tokens


# The enum of the spec, AssistantSupportedModels.
SUPPORTED = [
    *("gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-2025-08-07", "gpt-5-mini-2025-08-07", "gpt-5-nano-2025-08-07"),
    *("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14"),
    *("gpt-4.1-nano-2025-04-14", "o3-mini", "o3-mini-2025-01-31", "o1", "o1-2024-12-17", "gpt-4o"),
    *("gpt-4o-2024-11-20", "gpt-4o-2024-08-06", "gpt-4o-2024-05-13", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
    *("gpt-4.5-preview", "gpt-4.5-preview-2025-02-27", "gpt-4-turbo", "gpt-4-turbo-2024-04-09"),
    *("gpt-4-0125-preview", "gpt-4-turbo-preview", "gpt-4-1106-preview", "gpt-4-vision-preview", "gpt-4"),
    *("gpt-4-0314", "gpt-4-0613", "gpt-4-32k", "gpt-4-32k-0314", "gpt-4-32k-0613", "gpt-3.5-turbo"),
    *("gpt-3.5-turbo-16k", "gpt-3.5-turbo-0613", "gpt-3.5-turbo-1106", "gpt-3.5-turbo-0125"),
    "gpt-3.5-turbo-16k-0613",
]


@pytest.mark.parametrize("model", [*SUPPORTED, "our-own-model", "llama-3", "ft:gpt-4.1:org::id"])
def test_supported_and_unknown_models_can_be_used(model):
    assert can_be_used(model)


@pytest.mark.parametrize("model", ["gpt-5.1", "gpt-5.2-pro", "o1-mini", "text-embedding-3-small", "whisper-1"])
def test_some_models_were_never_served(model):
    assert not can_be_used(model)
    assert not can_be_used_in_v1(model)


def test_version_1_serves_only_what_it_knew():
    refused = [model for model in SUPPORTED if not can_be_used_in_v1(model)]
    assert [model for model in SUPPORTED if model not in refused and not model.startswith(("gpt-4", "gpt-3.5"))] == []
    assert {"gpt-4o", "gpt-4o-mini", "gpt-4.1", "o1", "gpt-5"} <= set(refused)
    assert can_be_used_in_v1("gpt-4-turbo")
    assert can_be_used_in_v1("our-own-model")
