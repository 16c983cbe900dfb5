"""The parity with the service that was reached is held, and is what the documentation says."""

import json
from pathlib import Path

import pytest

from simulator.recording.verifying.differences import Aspect
from simulator.recording.verifying.tolerated import MOST, RULES
from simulator.recording.verifying.verifying import verify
from tests.recording.verifying.breaks import BREAKS

ROOT = Path(__file__).parents[3]
CORPUS = ROOT.parent / "shared" / "corpus"
MISSING = "no recordings: there is no folder ../shared/corpus beside the project"
REACHED = json.loads((ROOT / "docs" / "parity.json").read_bytes())
# Of each kind that there is, short ones: each break is tried on all of them.
SAMPLE = (
    *("openai-dotnet/BasicMessageOperationsWork_06adfea", "openai-dotnet/StreamingToolCall_11d8ee4"),
    *("openai-dotnet/FunctionToolsWork_d0c4acb", "openai-dotnet/BasicThreadOperationsWork_274462a"),
    *("openai-dotnet/BasicAssistantOperationsWork_54fca28", "openai-dotnet/MessagesWithRoles_02dc2c0"),
    *("openllmetry/test_new_assistant_with_polling_15c025e", "openllmetry/test_streaming_new_assistant_3b45619"),
    *("ruby-openai/runs_cancel_2024-04-29", "ruby-openai/messages_modify_2024-04-29"),
    *("ruby-openai/threads_delete_2024-04-29", "ruby-openai/run_steps_retrieve_2024-04-29__2"),
    *("openllmetry/test_agent_with_query_tool_2ef1402", "openai-dotnet/FileSearchWorks_f028d2e"),
)


def sample():
    if not CORPUS.is_dir():
        pytest.skip(MISSING)
    return [CORPUS / f"{name}.json" for name in SAMPLE]


@pytest.fixture(scope="module")
def verified():
    if not CORPUS.is_dir():
        pytest.skip(MISSING)
    return verify(sorted(CORPUS.rglob("*.json")))


@pytest.mark.parametrize("aspect", Aspect)
def test_the_parity_is_as_documented_or_better(aspect, verified):
    found = [f"{one.session}, exchange {one.place + 1}: {one.path}" for one in verified.tally.counted]
    share = verified.tally.share(aspect)
    assert share is not None
    assert share * 100 >= REACHED["parity"][aspect.value], found


@pytest.mark.parametrize("aspect", Aspect)
def test_so_is_that_of_the_responses_api(aspect, verified):
    found = [f"{one.session}, exchange {one.place + 1}: {one.path}" for one in verified.tally_of_responses.counted]
    share = verified.tally_of_responses.share(aspect)
    assert share is not None
    assert share * 100 >= REACHED["responses"]["parity"][aspect.value], found


def test_the_readme_tells_the_parity():
    readme = (ROOT / "README.md").read_text("utf-8")
    figures = ", ".join(f"{aspect} {REACHED['parity'][aspect]:g} %" for aspect in (Aspect.KEYS, Aspect.VALUES))
    assert f"[{REACHED['sessions']} recorded sessions](docs/verifying.md): {figures}." in readme


def test_what_is_verified_is_what_is_documented(verified):
    assert len(verified.scored) == REACHED["sessions"]
    assert sum(len(one.tallies) for one in verified.scored) == REACHED["exchanges"]
    assert sum(len(one.unknown) for one in verified.scored) == REACHED["unknown"]
    assert {json.loads(path.read_bytes())["api_version"] for path in verified.passed_over} == {"responses"}
    assert verified.documented
    of_responses = REACHED["responses"]
    assert len(verified.responses) == of_responses["sessions"]
    assert sum(len(one.tallies) for one in verified.responses) == of_responses["exchanges"]
    assert len(verified.passed_over) == of_responses["passed_over"]


def test_little_is_tolerated(verified):
    assert len(RULES) <= MOST
    assert len(verified.tally.tolerated) < 100
    assert {one.rule for one in verified.tally.tolerated} <= {rule.name for rule in RULES}


def test_the_sample_is_answered_as_recorded():
    assert [str(one) for one in verify(sample()).tally.counted] == []


# No recording shows it: two calls at once, a locked thread, a run that is cancelled or may not be. Or it is about a
# text of our own sessions.
NOT_RECORDED = frozenset(
    {
        *("calls that lack one", "a refusal that was forgotten: the lock", "a refusal that was forgotten: cancel"),
        *("a cancel without its time", "a run that is failed when cancelled"),
        *("a stream with another text", "a stream with other blanks"),
    }
)


@pytest.mark.parametrize("name", [name for name in BREAKS if name not in NOT_RECORDED])
def test_recordings_show_what_is_broken(name, monkeypatch):
    paths = sample()
    BREAKS[name](monkeypatch)
    assert verify(paths).tally.counted
