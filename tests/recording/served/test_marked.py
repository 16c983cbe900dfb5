"""Cassettes of tests under pytest: which file, and what goes wrong."""

from __future__ import annotations

from types import SimpleNamespace

import openai
import pytest

from simulator.recording import forms
from simulator.recording.folders import TestPlace, named_cassette, own_cassette
from simulator.recording.using import use_cassette

PLUGIN = "assistants_simulator.pytest_entry"
THREADS = """
import openai, pytest

def make_thread(**options):
    with openai.OpenAI(max_retries=0) as client:
        return client.beta.threads.create(**options).id
"""


@pytest.fixture
def threads(project):
    project.write(threads=THREADS)
    return project


def run(project, source, *args):
    project.write(test_it="import openai, pytest\nfrom threads import make_thread\n\n" + source)
    return project.test(*args)


ONE = """
@pytest.mark.cassette
def test_it():
    assert make_thread().startswith("thread_")
"""


def test_a_missing_cassette_fails_the_test_and_says_how_to_record_it(threads):
    result = run(threads, ONE)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*There is no cassette *test_it.yaml. Record it:", '*pytest "test_it.py::test_it" --assistants=record']
    )


@pytest.mark.parametrize("body", ["pass", "make_thread()"])
def test_it_fails_a_test_case_of_unittest_too(threads, body):
    source = f"""
import unittest

class TestThreads(unittest.TestCase):
    @pytest.mark.cassette
    def test_it(self):
        {body}
"""
    result = run(threads, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*There is no cassette *TestThreads.test_it.yaml. Record it:"])


def test_the_cassette_of_a_test_that_failed_is_not_written(threads):
    result = run(threads, ONE + "    raise OSError('no')\n", "--assistants=record")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nothing is recorded of what failed*"])
    assert threads.files() == []


def test_it_is_written_if_that_is_asked_for(threads):
    source = ONE.replace("cassette\n", "cassette(record_on_exception=True)\n") + "    raise OSError('no')\n"
    run(threads, source, "--assistants=record").assert_outcomes(failed=1)
    assert threads.files() == ["cassettes/test_it/test_it.yaml"]


def test_recording_without_a_network_fails_and_leaves_the_old_file(threads, monkeypatch):
    run(threads, ONE, "--assistants=record").assert_outcomes(passed=1)
    path = threads.path / "cassettes" / "test_it" / "test_it.yaml"
    before = path.read_bytes()
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    result = run(threads, ONE, "--assistants=record")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*none of 1 requests was answered*Is there a network*The file is as it was.*"])
    assert path.read_bytes() == before


def test_recording_without_a_key_fails_and_says_so(threads, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    result = run(threads, ONE, "--assistants=record")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nothing was recorded: no request to the API was made. No key is set*"])


def test_a_test_without_a_request_records_nothing_and_fails(threads):
    result = run(threads, "@pytest.mark.cassette\ndef test_it():\n    pass\n", "--assistants=record")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nothing was recorded: no request to the API was made*"])


def test_effects_that_are_not_made_fail_the_test_in_its_call_phase(threads):
    run(threads, ONE, "--assistants=record").assert_outcomes(passed=1)
    result = run(threads, "@pytest.mark.cassette\ndef test_it():\n    pass\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*never made: *POST /v1/threads*", "*CheckFailed*"])


def test_misses_that_the_program_hides_fail_it_too(threads):
    run(threads, ONE, "--assistants=record").assert_outcomes(passed=1)
    hides = (
        ONE
        + """
    with pytest.raises(openai.APIStatusError):
        make_thread(metadata={"a": "b"})
"""
    )
    result = run(threads, hides)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*metadata*", "*CheckFailed*"])


WITH_CLEAN_UP = """
@pytest.fixture
def thread():
    with openai.OpenAI() as client:
        thread = client.beta.threads.create()
        yield thread
        client.beta.threads.delete(thread.id)

@pytest.mark.cassette
def test_it(thread):
    assert thread.id
"""


def test_what_fixtures_do_before_and_after_a_test_belongs_to_its_cassette(threads):
    run(threads, WITH_CLEAN_UP, "--assistants=record").assert_outcomes(passed=1)
    labels = [one.request.method for one in forms.load(threads.path / "cassettes/test_it/test_it.yaml").interactions]
    assert labels == ["POST", "DELETE"]
    run(threads, WITH_CLEAN_UP).assert_outcomes(passed=1)


def test_a_clean_up_that_is_no_longer_made_is_an_error_of_the_teardown(threads):
    run(threads, WITH_CLEAN_UP, "--assistants=record").assert_outcomes(passed=1)
    result = run(threads, WITH_CLEAN_UP.replace("client.beta.threads.delete", "str"))
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*never made: *DELETE /v1/threads/*"])


def test_two_tests_do_not_record_one_cassette_in_one_run(threads):
    source = "".join(
        ONE.replace("cassette\n", "cassette('shared')\n").replace("test_it", name) for name in ("test_a", "test_b")
    )
    result = run(threads, source, "--assistants=record")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*shared.yaml was recorded by test_it.py::test_a in this run*"])
    run(threads, source).assert_outcomes(passed=2)  # to share one is no harm


def test_the_fixture_is_the_session_and_needs_no_marker(threads):
    source = "def test_it(cassette):\n    make_thread()\n    assert cassette.mode == '{}'\n"
    run(threads, source.format("record"), "--assistants=record").assert_outcomes(passed=1)
    run(threads, source.format("replay")).assert_outcomes(passed=1)
    simulated = "def test_it(cassette):\n    make_thread()\n    assert cassette is None\n"
    run(threads, simulated, "--assistants=simulate").assert_outcomes(passed=1)


def test_options_come_from_the_fixture_and_over_it_from_the_marker(threads):
    source = """
@pytest.fixture
def cassette_options():
    return {"json_paths": ["metadata.a"], "ids": "keep"}

@pytest.mark.cassette("x", ids="replace")
def test_it():
    make_thread(metadata={"a": "canary"})
"""
    run(threads, source, "--assistants=record").assert_outcomes(passed=1)
    assert "canary" not in (threads.path / "cassettes/x.yaml").read_text()
    run(threads, source).assert_outcomes(passed=1)


def test_options_that_are_no_dict_are_refused(threads):
    source = "@pytest.fixture\ndef cassette_options():\n    return 5\n" + ONE
    result = run(threads, source)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*cassette_options must return a dict of options, not 5*"])


@pytest.mark.parametrize(
    "marker, says",
    [
        ("cassette(5)", "takes one name"),
        ("cassette('a', 'b')", "takes one name"),
        ("cassette('a', mode='record')", "@pytest.mark.cassette has no option 'mode'"),
        ("cassette(output='shape')", "Did you mean 'outputs'"),
        ("cassette(outputs='loose')", "outputs= is one of"),
    ],
)
def test_a_marker_that_cannot_be_meant_is_refused(threads, marker, says):
    result = run(threads, ONE.replace("cassette\n", f"{marker}\n"))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*UsageError: test_it.py::test_it: *{says}*"])


def test_an_option_that_cannot_be_meant_is_refused(threads):
    result = run(threads, ONE, "--assistants=recrod")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_broken_cassette_is_named_with_its_line(threads):
    path = threads.path / "cassettes" / "test_it" / "test_it.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("cassette: 1\ninteractions: [{]\n")
    result = run(threads, ONE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_it.yaml:2: this is no YAML*"])


# Those of pytest-recording, pytest-vcr and vcrpy.


@pytest.fixture
def old_cassette(threads, client, tmp_path):
    """Write a cassette as vcrpy does."""

    def write(relative, **options):
        with use_cassette(tmp_path / "x", mode="record"):
            client.beta.threads.create(**options)
        path = threads.path / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        form = "vcrpy-json" if path.suffix == ".json" else "vcrpy"
        path.write_text(forms.write(forms.load(tmp_path / "x.yaml"), form))

    return write


VCR = ONE.replace("cassette", "vcr")


def test_tests_of_pytest_recording_are_replayed_as_they_are(threads, old_cassette):
    old_cassette("cassettes/test_it/test_it.yaml")
    run(threads, VCR, "--assistants=replay").assert_outcomes(passed=1)


def test_without_the_option_they_are_let_alone(threads):
    quiet = ("-W", "ignore::DeprecationWarning")  # the SDK's
    run(threads, VCR, *quiet).assert_outcomes(passed=1)  # by the service: nobody plays its cassette
    assert threads.files() == []


def test_requests_that_vcrpy_would_let_pass_are_found(threads, old_cassette):
    old_cassette("cassettes/test_it/test_it.yaml")
    result = run(threads, VCR.replace("make_thread()", "make_thread(metadata={'a': 'b'})"), "--assistants=replay")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*metadata*"])


def test_a_module_may_be_marked_whole_though_not_every_test_has_a_cassette(threads):
    source = "pytestmark = pytest.mark.vcr\n\ndef test_it():\n    pass\n"
    run(threads, source, "--assistants=replay").assert_outcomes(passed=1)


def test_a_request_without_its_file_fails(threads):
    result = run(threads, VCR, "--assistants=replay")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*There is no such file: record it first.*"])


FIXTURES = """
@pytest.fixture(scope="module")
def vcr_cassette_dir():
    return "old"

@pytest.fixture(scope="module")
def vcr_config():
    return {"serializer": "json", "filter_post_data_parameters": ["metadata"], "match_on": ["method"]}
"""


def test_folder_serializer_and_filters_of_the_project_are_taken(threads, old_cassette):
    old_cassette("old/test_it.json")
    source = FIXTURES + VCR.replace("make_thread()", "make_thread(metadata={'a': 'b'})")
    run(threads, source, "--assistants=replay").assert_outcomes(passed=1)


def test_the_name_that_a_fixture_of_pytest_vcr_gives_is_taken(threads, old_cassette):
    old_cassette("cassettes/test_it/fancy.yaml")
    source = "@pytest.fixture\ndef vcr_cassette_name():\n    return 'fancy'\n" + VCR
    run(threads, source, "--assistants=replay").assert_outcomes(passed=1)


def test_a_request_that_a_hook_of_vcrpy_drops_is_compared_as_it_is(threads, old_cassette):
    old_cassette("cassettes/test_it/test_it.yaml")
    config = "@pytest.fixture\ndef vcr_config():\n    return {'before_record_request': lambda request: None}\n"
    run(threads, config + VCR, "--assistants=replay").assert_outcomes(passed=1)


def test_further_files_of_the_marker_are_replayed_as_well(threads, old_cassette):
    old_cassette("cassettes/test_it/one.yaml", metadata={"number": "1"})
    old_cassette("cassettes/test_it/two.yaml", metadata={"number": "2"})
    source = """
@pytest.mark.vcr("one.yaml", "two.yaml")
def test_it():
    for number in "21":
        make_thread(metadata={"number": number})
"""
    run(threads, source, "--assistants=replay").assert_outcomes(passed=1)


def test_the_name_of_a_cassette_may_be_given_as_there(threads, old_cassette):
    old_cassette("cassettes/test_it/other.yaml")
    threads.pytester.makeini(threads.path.joinpath("tox.ini").read_text() + "\nmarkers = default_cassette\n")
    source = '@pytest.mark.default_cassette("other")' + VCR
    run(threads, source, "--assistants=replay").assert_outcomes(passed=1)


# Folders.


def place(tmp_path, **options):
    defaults = {"class_name": None, "name": "test_it"}
    return TestPlace(file=tmp_path / "tests" / "api" / "test_runs.py", root=tmp_path, **(defaults | options))


def made(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_test_has_a_cassette_of_its_own_below_the_name_of_its_module(tmp_path):
    folder = tmp_path / "tests" / "api" / "cassettes" / "test_runs"
    assert own_cassette(place(tmp_path)) == folder / "test_it.yaml"
    named = place(tmp_path, class_name="TestRuns", name='test_it[a/b:"c"]')
    assert own_cassette(named) == folder / "TestRuns.test_it[a-b--c-].yaml"
    json = made(folder / "test_it.json")
    assert own_cassette(place(tmp_path)) == folder / "test_it.yaml" != json
    assert own_cassette(place(tmp_path, own_folder=tmp_path / "x")) == tmp_path / "x" / "test_it.yaml"


def test_a_named_cassette_is_the_nearest_that_there_is(tmp_path):
    here = place(tmp_path)
    assert named_cassette(here, "weather") == tmp_path / "tests/api/cassettes/weather.yaml"
    for folder in ("cassettes", "tests/cassettes", "tests/api/cassettes", "tests/api/cassettes/test_runs"):
        nearer = made(tmp_path / folder / "weather.yaml")
        assert named_cassette(here, "weather") == named_cassette(here, "weather.yaml") == nearer


def test_no_folder_above_the_root_is_looked_into(tmp_path):
    made(tmp_path / "cassettes" / "weather.yaml")
    below = SimpleNamespace(root=tmp_path / "tests").root
    found = named_cassette(TestPlace(file=below / "test_runs.py", root=below, class_name=None, name="t"), "weather")
    assert found == below / "cassettes" / "weather.yaml"


def test_the_sdk_is_the_one_that_recorded(threads):
    run(threads, ONE, "--assistants=record").assert_outcomes(passed=1)
    head = forms.load(threads.path / "cassettes/test_it/test_it.yaml").head
    assert head.sdk == f"OpenAI/Python {openai.__version__}"


def test_a_guarded_suite_is_recorded_and_guarded_again(threads, monkeypatch):
    ini = threads.path / "tox.ini"
    ini.write_text(ini.read_text() + "\nassistants_guard = suite\n")
    reaching = """
def reach():
    with pytest.raises(BaseException) as stopped:
        openai.OpenAI(base_url="https://api.openai.com/v1", max_retries=0).beta.threads.create()
    return str(stopped.value)

def test_before():
    assert reach().startswith("Blocked")

@pytest.mark.cassette
def test_it():
    make_thread()
    assert not reach().startswith("Blocked")  # by what keeps this suite from the network

def test_after():
    assert reach().startswith("Blocked")
"""
    result = run(threads, reaching, "--assistants=record", "-W", "ignore::DeprecationWarning")
    result.assert_outcomes(passed=1, failed=2)  # who was stopped is a failure, seen or not
    assert result.stdout.str().count("AssertionError") == 0


def test_what_goes_round_a_replay_is_a_finding(threads):
    run(threads, ONE, "--assistants=record").assert_outcomes(passed=1)
    round_about = (
        ONE
        + """
    import urllib.request
    with pytest.raises(BaseException, match="Blocked"):
        urllib.request.urlopen("http://api.openai.com/v1/threads")
"""
    )
    result = run(threads, round_about)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*CheckFailed*"])


def test_two_workers_that_record_one_cassette_leave_a_whole_one(threads):
    source = "".join(
        ONE.replace("cassette\n", "cassette('shared')\n").replace("test_it", name) for name in ("test_a", "test_b")
    )
    threads.write(test_it="import pytest\nfrom threads import make_thread\n\n" + source)
    command = ("-m", "pytest", "-p", "assistants_simulator.pytest_entry", "-n", "2", "--assistants=record")
    done = threads.python(*command)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert len(forms.load(threads.path / "cassettes" / "shared.yaml").interactions) == 1
    assert threads.files() == ["cassettes/shared.yaml"]


def test_it_stands_beside_pytest_recording(threads, old_cassette, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the order is that of the arguments
    old_cassette("cassettes/test_it/test_it.yaml")
    for plugins in (("pytest_recording.plugin", PLUGIN), (PLUGIN, "pytest_recording.plugin")):
        threads.write(test_it="import pytest\nfrom threads import make_thread\n\n" + VCR)
        arguments = [argument for plugin in plugins for argument in ("-p", plugin)]
        done = threads.python(
            "-m",
            "pytest",
            "-p",
            "pytest_asyncio.plugin",
            "-o",
            "addopts=",
            *arguments,
            "--assistants=replay",
            "--block-network",
        )
        assert "1 passed" in done.stdout, done.stdout + done.stderr
