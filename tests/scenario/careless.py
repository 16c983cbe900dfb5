"""The plain loop without one kind of care each: what each fault of the menu is there to find."""

from __future__ import annotations

import json
import re

from simulator.scenario import plain_loop
from simulator.scenario.plain_loop import PlainLoop


class AsksOnce(PlainLoop):
    """Neither the SDK nor the loop sends a request again."""

    def _new_client(self):
        return super()._new_client().with_options(max_retries=0)

    def _may_pass(self, error):
        return False


class WaitsAsTheSdkDoes(PlainLoop):
    """Has no limit of its own: the SDK waits for as long as a run lives."""

    def _new_client(self):
        return super()._new_client().with_options(timeout=600)


class LeavesRetriesToTheSdk(PlainLoop):
    """Two more attempts of the SDK, and that is that."""

    def _may_pass(self, error):
        return False


class BeginsAnewAfterAFailure(PlainLoop):
    """Takes another thread where something went wrong in the first."""

    def __call__(self, user_id, text):
        try:
            return super().__call__(user_id, text)
        except plain_loop.RunEnded:
            del self._threads[user_id]
            raise


class MakesAnew(PlainLoop):
    """Sends a POST again and does not look whether the first has had its effect."""

    def _marked(self, newest, mark):
        return None


class TakesErrorsForAnswers(PlainLoop):
    """Catches everything, and says something kind."""

    def __call__(self, user_id, text):
        try:
            return super().__call__(user_id, text)
        except Exception:  # noqa: BLE001  # as many apps do
            return "Something went wrong. Please try again."


class KnowsOnlyCompleted(PlainLoop):
    """`while run.status != "completed"`."""

    def _is_over(self, run):
        return run.status == "completed"

    def _given_up(self, client, run):
        return run


class PollsUntilCompleted(PlainLoop):
    """The same without an end."""

    def _followed(self, client, run):
        while run.status != "completed":
            run = self._answered(client, run) if run.status == "requires_action" else self._polled(client, run)
        return run


class WaitsForCancelledOnly(PlainLoop):
    """Polls a cancelled run until it is `cancelled`."""

    def _given_up(self, client, run):
        run = self._cancel(client, run)
        while run.status != "cancelled":
            run = self._polled(client, run)
        return run


class TakesAnyEndForSuccess(PlainLoop):
    """Reads the messages however the run ended."""

    def _check(self, run):
        pass


class HasNoPatience(PlainLoop):
    """Gives up after twenty polls, and leaves the run to itself."""

    def _followed(self, client, run):
        for _ in range(20):
            if self._is_over(run):
                break
            run = self._polled(client, run)
        return run


class NeverCancels(PlainLoop):
    """Gives up, and leaves the run to itself."""

    def _given_up(self, client, run):
        return run


class CancelsAndGoes(PlainLoop):
    """Takes a run for cancelled as soon as it has said so."""

    def _given_up(self, client, run):
        self._cancel(client, run)
        raise plain_loop.RunEnded("The run ended as cancelled.")

    def _patiently(self, client, thread_id, attempt):
        return attempt()


class BreaksOnALateCancel(PlainLoop):
    """Does not know that a cancel may be refused."""

    def _cancel(self, client, run):
        return client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)


class KnowsNoLock(PlainLoop):
    """Sends messages and starts runs whatever else runs."""

    def _patiently(self, client, thread_id, attempt):
        return attempt()


class LeavesOrphans(PlainLoop):
    """Waits for a run that nobody will answer."""

    def _cancel_orphan(self, client, thread_id):
        pass


class BreaksOnLateOutputs(PlainLoop):
    """Does not know that outputs may be refused."""

    def _answered(self, client, run):
        return client.beta.threads.runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=self._outputs(run)
        )


class StreamsOutputsOnce(PlainLoop):
    """Submits outputs again where the stream of the answer breaks."""

    def _watched(self, stream):
        for event in stream:
            self._heard._hear(event)
        return self._heard.run


class PollsWithoutPause(PlainLoop):
    """Asks as fast as it is answered."""

    def _polled(self, client, run):
        return client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)


class AnswersTheFirstCallOnly(PlainLoop):
    """`tool_calls[0]`."""

    def _outputs(self, run):
        return super()._outputs(run)[:1]


class AnswersEqualCallsOnce(PlainLoop):
    """Keeps its outputs by function and arguments."""

    def _outputs(self, run):
        calls = run.required_action.submit_tool_outputs.tool_calls
        return list({(one.function.name, one.function.arguments): self._output(one) for one in calls}.values())


class RemembersCalls(PlainLoop):
    """Answers no call that it has answered before."""

    def _outputs(self, run):
        self._known = getattr(self, "_known", set())
        calls = run.required_action.submit_tool_outputs.tool_calls
        fresh = [one for one in calls if (one.function.name, one.function.arguments) not in self._known]
        self._known |= {(one.function.name, one.function.arguments) for one in calls}
        return [self._output(one) for one in fresh]


class HasNoLimitOfRounds(PlainLoop):
    """Answers calls for as long as there are any."""

    @property
    def _ways(self):
        return super()._ways.model_copy(update={"rounds": 1_000})


class TrustsTheModel(PlainLoop):
    """`FUNCTIONS[call.function.name](**json.loads(call.function.arguments))`."""

    def _result(self, call):
        function = dict.fromkeys(self._scenario.tools, self._returned)[call.name]
        return function(call.name, dict(**json.loads(call.arguments)))


class RemembersOutputs(PlainLoop):
    """Calls no function a second time with the same arguments, whatever came of the first."""

    def _result(self, call):
        self._known = getattr(self, "_known", {})
        key = (call.name, call.arguments)
        return self._known[key] if key in self._known else self._known.setdefault(key, super()._result(call))


class TrustsItsFunctions(PlainLoop):
    """Lets through what a function raises."""

    def _returned(self, name, arguments):
        return self._functions.returned(name, arguments)


class ParsesPieces(PlainLoop):
    """Reads the arguments of a call from the first delta that has any."""

    def _watched(self, stream):
        first = {}
        events = list(stream)
        for event in events:
            if event.event == "thread.run.step.delta" and event.data.delta.step_details.type == "tool_calls":
                for call in event.data.delta.step_details.tool_calls:
                    if call.function.arguments:
                        first.setdefault(call.index, call.function.arguments)
        for text in first.values():
            json.loads(text)
        return super()._watched(events)


class BelievesStreams(PlainLoop):
    """Takes what a stream said for the answer, however the stream ended."""

    def _started(self, client, thread_id):
        run = super()._started(client, thread_id)
        self._heard.is_whole = True
        return run

    def _followed(self, client, run):
        return run.model_copy(update={"status": "completed"})


class BreaksWithTheStream(PlainLoop):
    """Lets through what a stream raises, and takes an event that it does not know for none."""

    def _watched(self, stream):
        for event in stream:
            self._heard._hear(event)
        self._heard.is_whole = True
        return self._heard.run


class WaitsForDone(PlainLoop):
    """Takes a stream without `[DONE]` for broken; reads the bytes itself."""

    def _started(self, client, thread_id):
        raw = client.beta.threads.runs.with_streaming_response.create(
            thread_id, assistant_id=self._assistant, stream=True
        )
        with raw as response:
            text = b"".join(response.iter_bytes()).decode()
        if "[DONE]" not in text:
            raise ConnectionError("The stream broke.")
        return super()._started(client, thread_id)


class StripsPieces(PlainLoop):
    """Trims each delta."""

    def _watched(self, stream):
        run = super()._watched(stream)
        self._heard._parts = {place: text.replace(" ", "") for place, text in self._heard._parts.items()}
        return run


class DecodesPieces(PlainLoop):
    """Reads the bytes of a stream itself, and decodes each piece as it comes."""

    def _started(self, client, thread_id):
        raw = client.beta.threads.runs.with_streaming_response.create(
            thread_id, assistant_id=self._assistant, stream=True
        )
        with raw as response:
            return "".join(piece.decode() for piece in response.iter_bytes())


class LooksForExceptions(PlainLoop):
    """Takes a stream that raised nothing for a success."""

    def _check(self, run):
        pass


class ReadsTheFirstPart(PlainLoop):
    """`message.content[0].text.value`, of the newest message that the run wrote."""

    def _reply_of(self, client, run):
        messages = client.beta.threads.messages.list(run.thread_id, run_id=run.id)
        return messages.data[0].content[0].text.value


class ReadsTheNewestMessage(PlainLoop):
    """The newest message of the thread that an assistant wrote, whichever run it is of."""

    def _reply_of(self, client, run):
        messages = client.beta.threads.messages.list(run.thread_id)
        said = next(one for one in messages if one.role == "assistant")
        return "\n".join(part.text.value for part in said.content if part.type == "text")


class ReadsOnePage(PlainLoop):
    """`messages.list(…).data`."""

    def _reply_of(self, client, run):
        messages = client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc").data
        return "\n".join(part.text.value for message in messages for part in message.content)


class LeavesMarkers(PlainLoop):
    """Shows a text as it came."""

    def _readable(self, client, text, annotations):
        return text


class RemovesBrackets(PlainLoop):
    """`re.sub(r"【.*?】", "", text)`."""

    def _readable(self, client, text, annotations):
        return re.sub("【.*?】", "", text)


class CutsFromTheFirst(PlainLoop):
    """Cuts each marker out by its indices, and does not see that those behind it move."""

    def _readable(self, client, text, annotations):
        for one in annotations:
            text = text[: one.start_index] + text[one.end_index :]
        return text


class NamesCitedFiles(PlainLoop):
    """Puts in the place of a marker the name of its file, which it asks for."""

    def _readable(self, client, text, annotations):
        for one in annotations:
            text = text.replace(one.text, f" ({client.files.retrieve(one.file_citation.file_id).filename})")
        return text
