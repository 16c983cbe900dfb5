"""The guard in tests that use a simulator, and, where the project asks for it, in every test."""

from __future__ import annotations

import pytest

PROGRAM = """
import socket, threading, urllib.request

URL = "https://api.openai.com/v1/moderations"

def ask():
    urllib.request.urlopen(URL, timeout=1)

def ask_in_a_thread():
    def quietly():
        try:
            ask()
        except BaseException:
            pass
    thread = threading.Thread(target=quietly)
    thread.start()
    thread.join()
"""
BLOCKED = "Blocked: urllib.request was about to send GET https://api.openai.com/v1/moderations (sent at *program.py:6)."


@pytest.fixture
def guarded(project):
    """A project with a program that reaches for the API, whose suite is guarded."""
    project.write(program=PROGRAM)
    ini = project.path / "tox.ini"
    ini.write_text(f"{ini.read_text()}\nassistants_guard = suite\n")
    return project


def test_a_request_that_escapes_fails_a_test_with_a_simulator(project):
    project.write(program=PROGRAM)
    result = project.test("""
        from program import ask

        def test_it(simulator):
            ask()
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E * simulator.errors.RequestBlocked: {BLOCKED}"])
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_it - simulator.errors.RequestBlocked: Blocked: urllib*"])


@pytest.mark.parametrize("how", ["fixture", "marker", "decorator"])
def test_so_does_one_that_nobody_saw(project, how):
    project.write(program=PROGRAM)
    source = {
        "fixture": "def test_it(simulator): ask_in_a_thread()",
        "marker": "@pytest.mark.simulator()\ndef test_it(): ask_in_a_thread()",
        "decorator": "@simulated\ndef test_it(): ask_in_a_thread()",
    }[how]
    header = "import pytest\nfrom program import ask_in_a_thread\nfrom simulator import simulated\n"
    result = project.test(header + source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{BLOCKED}", "FAILED test_it.py::test_it - *CheckFailed: Blocked: urllib*"])


def test_it_can_be_passed_over(project):
    project.write(program=PROGRAM)
    result = project.test("""
        import pytest
        from program import ask, ask_in_a_thread
        from simulator import RequestBlocked

        @pytest.mark.simulator(allow={"blocked_request"})
        def test_it():
            ask_in_a_thread()
            with pytest.raises(RequestBlocked, match="urllib"):
                ask()
    """)
    result.assert_outcomes(passed=1)


def test_what_a_thread_does_after_the_check_fails_the_teardown(project):
    project.write(program=PROGRAM)
    result = project.test("""
        import pytest
        from program import ask_in_a_thread

        @pytest.fixture
        def late(simulator):
            yield
            ask_in_a_thread()

        def test_it(late): pass
    """)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["ERROR test_it.py::test_it - CheckFailed: Blocked: urllib*"])


EVERYWHERE = """
    import pytest
    from program import ask, ask_in_a_thread

    @pytest.fixture
    def early():
        ask()

    @pytest.fixture
    def early_in_a_thread():
        ask_in_a_thread()

    @pytest.fixture
    def late():
        yield
        ask()

    @pytest.fixture
    def late_in_a_thread():
        yield
        ask_in_a_thread()

    def test_call(): ask()
    def test_thread(): ask_in_a_thread()
    def test_set_up(early): pass
    def test_set_up_in_a_thread(early_in_a_thread): pass
    def test_teardown(late): pass
    def test_teardown_in_a_thread(late_in_a_thread): pass
    def test_nothing(): pass
    def test_simulator(simulator, openai_client): assert openai_client.beta.assistants.list().data == []
"""


def test_every_phase_of_every_test_is_guarded(guarded):
    said_by_phase(guarded.test(EVERYWHERE).stdout.str())


def test_so_it_is_in_a_worker_of_xdist(guarded):
    done = guarded.test_apart(EVERYWHERE, "-n", "1")
    said_by_phase(done.stdout + done.stderr)


def said_by_phase(output):
    assert "2 failed, 4 passed, 4 errors in" in output, output
    summary = output.partition("short test summary info")[2].splitlines()
    for name in ("set_up", "set_up_in_a_thread", "teardown", "teardown_in_a_thread"):
        assert any(
            line.startswith(f"ERROR test_it.py::test_{name} - ") and "Blocked: urllib" in line for line in summary
        )
    for name in ("call", "thread"):
        assert any(
            line.startswith(f"FAILED test_it.py::test_{name} - ") and "Blocked: urllib" in line for line in summary
        )
    assert "No simulator is active that knows this host" in output
    assert "it answers only httpx" not in output


def test_a_test_may_let_a_route_through(guarded):
    result = guarded.test("""
        import socket, pytest
        from program import ask

        class Reached(BaseException): pass

        @pytest.fixture(scope="session", autouse=True)
        def network():
            def reached(*args, **kwargs): raise Reached
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(socket, "getaddrinfo", reached)  # over the guard of the suite, under that of a simulator
                yield

        @pytest.mark.simulator(passthrough=["GET /v1/moderations"])
        def test_that_one():
            with pytest.raises(Reached):
                ask()

        @pytest.mark.simulator(passthrough=["GET /v1/embeddings"])
        def test_another():
            with pytest.raises(Reached):
                ask()
    """)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_another - simulator.errors.RequestBlocked: *"])


def test_by_default_tests_without_a_simulator_are_not_guarded(project):
    project.write(program=PROGRAM)
    result = project.test("""
        import pytest, program

        class Reached(BaseException): pass

        def test_it(monkeypatch):
            def reached(*args, **kwargs): raise Reached
            monkeypatch.setattr(program.socket, "getaddrinfo", reached)
            with pytest.raises(Reached):
                program.ask()
    """)
    result.assert_outcomes(passed=1)


def test_what_is_shown_in_a_failure_already_is_not_told_twice(guarded):
    result = guarded.test("""
        from program import ask, ask_in_a_thread

        def test_both():
            ask_in_a_thread()
            assert 1 == 2
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert 1 == 2", "*assistants-simulator: blocked as well*", BLOCKED])
    assert result.stdout.str().count("Blocked: urllib") == 1


def test_another_value_ends_pytest_with_advice(project):
    result = project.test("def test_it(): pass", "-o", "assistants_guard=all")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: assistants_guard is one of tests, suite, not 'all'."])


# What pytest-socket does with --disable-socket. The plugin itself would, at the end of each test, put back the
# `socket.socket.connect` of its own import, and so take away what our conftest puts there.
NO_SOCKETS = """
import socket, pytest

class SocketBlockedError(RuntimeError): pass

class Guarded(socket.socket):
    def __new__(cls, *args, **kwargs): raise SocketBlockedError

@pytest.fixture(autouse=True)
def no_sockets(monkeypatch):
    monkeypatch.setattr(socket, "socket", Guarded)
"""


def test_beside_a_plugin_that_allows_no_sockets(guarded):
    guarded.write(conftest=NO_SOCKETS)
    result = guarded.test("""
        import socket, pytest
        from program import ask

        def test_ours():
            ask()

        def test_theirs():
            with pytest.raises(RuntimeError):
                socket.create_connection(("127.0.0.1", 9))

        def test_simulator(simulator, openai_client):
            assert openai_client.beta.assistants.list().data == []
    """)
    result.assert_outcomes(failed=1, passed=2)
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_ours - simulator.errors.RequestBlocked: Blocked: urllib*"])
