"""Wrong programs that pass when answers are replayed by order, and that replay by state catches.

Each program is a wrong variant of one that was recorded. It runs to its end on `OrderReplay`, and there sees what the
right one saw at the end: a test on it is green. On `Replayer` it is refused, or reported by `check`.
"""

from __future__ import annotations

import contextlib

import pytest

from simulator import Simulator, call, call_tools, http_error, say
from simulator.recording.cassette import Cassette
from simulator.recording.replayer import Replayer

ANSWER = "It is sunny in Paris and it snows in Oslo."
OUTPUTS = {"Paris": "22 °C", "Oslo": "-3 °C"}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}
ENDED = {"completed", "failed", "expired", "cancelled", "incomplete"}


def text_of(client, thread):
    return client.get(f"/threads/{thread}/messages")["data"][0]["content"][0]["text"]["value"]


def poll(client, run, until):
    """Poll until the status is one of those; a program that would poll for ever gives up."""
    for _ in range(50):
        if run["status"] in until:
            return run
        run = client.get(f"/threads/{run['thread_id']}/runs/{run['id']}")
    raise AssertionError(f"the run stays {run['status']}")


def submit(client, run, outputs):
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    return client.post(path, {"tool_outputs": [{"tool_call_id": id, "output": text} for id, text in outputs.items()]})


def calls_of(run):
    """The outputs that the right program sends, by call id."""
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    return {one["id"]: OUTPUTS["Paris" if "Paris" in one["function"]["arguments"] else "Oslo"] for one in calls}


class Weather:
    """The right program: a question that two tools answer, then a second one. Its steps can go wrong."""

    def __init__(self, client, known):
        self.client = client
        self.known = known  # what a program could have hard-coded: ids of the recording

    def play(self):
        self.begin()
        self.ask("How is the weather in Paris and in Oslo?")
        run = self.start()
        self.answer(run)
        text = text_of(self.client, self.thread)
        self.again()
        self.tidy()
        return text

    def begin(self):
        self.assistant = self.client.post("/assistants", {"model": "gpt-4o", "tools": [TOOL]})["id"]
        self.other = self.client.post("/threads", {"metadata": {"of": "nobody"}})["id"]
        self.thread = self.client.post("/threads", {"metadata": {"of": "ann"}})["id"]

    def ask(self, text):
        self.client.post(f"/threads/{self.thread}/messages", {"role": "user", "content": text})

    def start(self):
        return self.client.post(f"/threads/{self.thread}/runs", {"assistant_id": self.assistant})

    def answer(self, run):
        run = poll(self.client, run, {"requires_action"})
        run = self.submit(run)
        self.wait(run)

    def submit(self, run):
        return submit(self.client, run, calls_of(run))

    def wait(self, run):
        return poll(self.client, run, ENDED)

    def again(self):
        self.ask("Thanks!")
        self.wait(self.start())

    def tidy(self):
        self.client.delete(f"/threads/{self.thread}")


class NeverSubmits(Weather):
    def answer(self, run):
        poll(self.client, run, ENDED)


class SubmitsUnseen(Weather):
    def answer(self, run):
        self.wait(submit(self.client, run, calls_of(self.known)))


class ListsWithoutPolling(Weather):
    def answer(self, run):
        pass


class ListsAfterTheSubmit(Weather):
    def wait(self, run):
        pass


class SubmitsTwice(Weather):
    def submit(self, run):
        super().submit(run)
        return super().submit(run)


class SubmitsForAnotherCall(Weather):
    def submit(self, run):
        return submit(self.client, run, {f"{id}x": text for id, text in calls_of(run).items()})


class LeavesOneCallOut(Weather):
    def submit(self, run):
        return submit(self.client, run, dict(list(calls_of(run).items())[:1]))


class AnswersOneCallTwice(Weather):
    def submit(self, run):
        outputs = [{"tool_call_id": id, "output": text} for id, text in calls_of(run).items()]
        path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
        return self.client.post(path, {"tool_outputs": [*outputs, outputs[0]]})


class SwapsTheOutputs(Weather):
    def submit(self, run):
        outputs = calls_of(run)
        return submit(self.client, run, dict(zip(outputs, reversed(outputs.values()), strict=True)))


class ReturnsAnotherOutput(Weather):
    def submit(self, run):
        return submit(self.client, run, dict.fromkeys(calls_of(run), "no idea"))


class AsksSomethingElse(Weather):
    def ask(self, text):
        super().ask(text.replace("Paris", "Rome"))


class ForgetsTheQuestion(Weather):
    def ask(self, text):
        if text == "Thanks!":
            super().ask(text)


class RunsAnotherAssistant(Weather):
    def start(self):
        body = {"assistant_id": "asst_of_somebody_else"}
        return self.client.post(f"/threads/{self.thread}/runs", body)


class ChangesTheTools(Weather):
    def begin(self):
        super().begin()

    def start(self):
        return self.client.post(f"/threads/{self.thread}/runs", {"assistant_id": self.assistant, "tools": []})


class AsksDuringTheRun(Weather):
    """The service would refuse the message while the run is active."""

    def answer(self, run):
        self.first = run
        poll(self.client, run, {"in_progress"})

    def again(self):
        super().ask("Thanks!")
        run = poll(self.client, self.first, {"requires_action"})
        self.wait(self.submit(run))
        self.wait(self.start())


class StartsASecondRunTooEarly(Weather):
    """The service would refuse it: the thread has an active run."""

    def wait(self, run):
        return run


class DeletesBeforeItReads(Weather):
    def answer(self, run):
        super().answer(run)
        self.tidy()


class ForgetsToTidy(Weather):
    def tidy(self):
        pass


class CreatesTheRunTwice(Weather):
    def again(self):
        self.ask("Thanks!")
        self.start()
        self.wait(self.start())


class ReusesAThreadOfBefore(Weather):
    """Never creates its thread: the id is one of the day of the recording."""

    def begin(self):
        self.assistant = self.client.post("/assistants", {"model": "gpt-4o", "tools": [TOOL]})["id"]
        self.other = self.client.post("/threads", {"metadata": {"of": "nobody"}})["id"]
        self.thread = self.known["thread_id"]


class Mixed(Weather):
    """Right: asks in both threads."""

    def ask(self, text):
        super().ask(text)
        if text != "Thanks!":
            self.client.post(f"/threads/{self.other}/messages", {"role": "user", "content": "How are you?"})


class WritesToTheWrongThread(Mixed):
    def ask(self, text):
        self.thread, self.other = self.other, self.thread
        super().ask(text)
        self.thread, self.other = self.other, self.thread


class Retrying(Weather):
    """Right: the first submit gets a 500, the second succeeds."""

    def submit(self, run):
        path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
        body = {"tool_outputs": [{"tool_call_id": id, "output": text} for id, text in calls_of(run).items()]}
        with contextlib.suppress(self.client.Refused):
            return self.client.post(path, body)
        return self.client.post(path, body)


class GivesUpAfterARefusal(Retrying):
    def submit(self, run):
        try:
            return submit(self.client, run, calls_of(run))
        except self.client.Refused:
            return run


class Cancelling(Weather):
    """Right: changes its mind, and cancels what asks for tools."""

    def play(self):
        self.begin()
        self.ask("How is the weather in Paris and in Oslo?")
        run = self.start()
        run = poll(self.client, run, {"requires_action"})
        run = self.stop(run)
        return poll(self.client, run, ENDED)["status"]

    def stop(self, run):
        return self.client.post(f"/threads/{self.thread}/runs/{run['id']}/cancel")


class ChangingItsMind(Cancelling):
    """Right: submits, and then cancels."""

    def stop(self, run):
        self.submit(run)
        return super().stop(run)


class CancelsInstead(Cancelling):
    """Cancels at once; the tools' work is lost."""


class NeverCancels(Cancelling):
    def stop(self, run):
        return run


class Streaming(Weather):
    """Right: reads the run as a stream, to its end, before it submits."""

    def start(self):
        path = f"/threads/{self.thread}/runs"
        for name, data in self.client.stream(path, {"assistant_id": self.assistant}):
            if name in {"thread.run.requires_action", "thread.run.completed"}:
                self.seen = data
        return self.seen

    def again(self):
        pass


class SubmitsAtTheFirstDelta(Streaming):
    """Submits when the first call comes in: the run does not wait for it yet."""

    def start(self):
        events = self.client.stream(f"/threads/{self.thread}/runs", {"assistant_id": self.assistant})
        next(data for name, data in events if name == "thread.run.step.delta")
        return self.known

    def answer(self, run):
        self.wait(submit(self.client, run, calls_of(self.known)))


class ClosesTheStream(Streaming):
    """Reads one event, and answers calls that it knows from elsewhere."""

    def start(self):
        next(self.client.stream(f"/threads/{self.thread}/runs", {"assistant_id": self.assistant}))
        return self.known

    def answer(self, run):
        self.wait(submit(self.client, run, calls_of(self.known)))


SCRIPT = (call_tools(call("get_weather", city="Paris"), call("get_weather", city="Oslo")), say(ANSWER))

# Each wrong program, with the right one that was recorded, and what says that it is wrong.
WRONG = [
    (NeverSubmits, Weather, "the run stays requires_action"),
    (SubmitsUnseen, Weather, "has not been shown yet"),
    (ListsWithoutPolling, Weather, "which the code has not"),
    (ListsAfterTheSubmit, Weather, "has not been shown yet"),
    (SubmitsTwice, Weather, "made it already"),
    (SubmitsForAnotherCall, Weather, "no output was sent for the call"),
    (LeavesOneCallOut, Weather, "no output was sent for the call"),
    (AnswersOneCallTwice, Weather, "tool_outputs"),
    (SwapsTheOutputs, Weather, "the output for the call"),
    (ReturnsAnotherOutput, Weather, "+no idea"),
    (AsksSomethingElse, Weather, "in Rome and in Oslo"),
    (ForgetsTheQuestion, Weather, "which the code has not done"),
    (RunsAnotherAssistant, Weather, 'assistant_id: "'),
    (ChangesTheTools, Weather, "tools: not sent then, [] now"),
    (AsksDuringTheRun, Weather, "which the code has not done"),
    (StartsASecondRunTooEarly, Weather, "has not been shown yet"),
    (DeletesBeforeItReads, Weather, "which the code has not done"),
    (ForgetsToTidy, Weather, "never made: "),
    (CreatesTheRunTwice, Weather, "The code has made it already"),
    (ReusesAThreadOfBefore, Weather, "which the code has not"),
    (WritesToTheWrongThread, Mixed, "What differs:\n  content"),
    (GivesUpAfterARefusal, Retrying, "never made: "),
    (CancelsInstead, ChangingItsMind, "which the code has not done"),
    (NeverCancels, Cancelling, "the run stays requires_action"),
    (SubmitsAtTheFirstDelta, Streaming, "has not been shown yet"),
    (ClosesTheStream, Streaming, "has not been shown yet"),
]


class Recorder:
    """Plays the right program once on the simulator."""

    def __init__(self, tape):
        self._tape = tape
        self._kept = {}

    def session(self, right):
        if right not in self._kept:
            sim = Simulator()
            sim.script(*SCRIPT)
            sim.script(say("You are welcome."))
            if right is Retrying:
                sim.faults.add(http_error(500), on="runs.submit_tool_outputs")
            tape = self._tape.Tape(sim)
            text = right(self._tape.Client(tape.handle), None).play()
            known = next(value for value in answers(tape.interactions) if value.get("required_action"))
            self._kept[right] = (Cassette(interactions=tape.interactions), known, text)
        return self._kept[right]


def answers(interactions):
    """Every object that was answered, whole or as an event."""
    for one in interactions:
        values = [each.json for each in one.response.events] or [one.response.json]
        yield from (value for value in values if isinstance(value, dict))


@pytest.fixture(scope="module")
def recorder(tape):
    return Recorder(tape)


@pytest.mark.parametrize("right", [Weather, Mixed, Retrying, Cancelling, ChangingItsMind, Streaming])
def test_the_right_program_passes(tape, recorder, right):
    cassette, known, text = recorder.session(right)
    replayer = Replayer(cassette)
    assert right(tape.Client(replayer.handle), known).play() == text
    assert replayer.findings() == []


@pytest.mark.parametrize("wrong, right", [pytest.param(one, two, id=one.__name__) for one, two, _ in WRONG])
def test_a_wrong_program_is_green_by_order(tape, recorder, wrong, right):
    cassette, known, text = recorder.session(right)
    assert wrong(tape.Client(tape.OrderReplay(cassette).handle), known).play() == text


@pytest.mark.parametrize("wrong, right, said", [pytest.param(*row, id=row[0].__name__) for row in WRONG])
def test_a_wrong_program_is_caught_by_state(tape, recorder, wrong, right, said):
    cassette, known, _ = recorder.session(right)
    replayer = Replayer(cassette)
    seen = ""
    try:
        wrong(tape.Client(replayer.handle), known).play()
    except (tape.Refused, AssertionError) as error:
        seen = str(error)
    findings = replayer.findings()
    assert findings
    assert said in "\n".join([seen, *findings])


def test_an_extra_poll_does_not_skip_the_tools(tape, recorder):
    """By order, a program that polls twice before it looks never sees the calls, and ends all the same."""

    class PollsTwice(Weather):
        def answer(self, run):
            for _ in range(30):
                self.client.get(f"/threads/{run['thread_id']}/runs/{run['id']}")
                run = self.client.get(f"/threads/{run['thread_id']}/runs/{run['id']}")
                if run["status"] in ENDED:
                    return
                if run["status"] == "requires_action":
                    self.submitted = True
                    run = self.submit(run)

    cassette, known, text = recorder.session(Weather)
    by_state = PollsTwice(tape.Client((replayer := Replayer(cassette)).handle), known)
    assert by_state.play() == text
    assert by_state.submitted
    assert replayer.findings() == []
