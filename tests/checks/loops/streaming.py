"""The careful loop, streaming: it reads the events of a run, and answers its calls in a second stream."""

from __future__ import annotations

import openai

from .careful import Careful

TERMINAL = ("completed", "failed", "cancelled", "expired", "incomplete")


class Streaming(Careful):
    """A stream that breaks off is no end: the run is then polled."""

    def start(self, thread_id):
        return self.patiently(
            lambda: self.read(self.runs.create(thread_id, assistant_id=self.assistant_id, stream=True))
        )

    def read(self, stream):
        run = None
        try:
            for event in stream:
                if event.event.startswith("thread.run.") and not event.event.startswith("thread.run.step."):
                    run = event.data
        except openai.BadRequestError:
            raise
        except Exception:
            if run is None:
                raise
        return run

    def submit(self, run, outputs):
        try:
            stream = self.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs, stream=True)
            return self.read(stream) or run
        except openai.BadRequestError as error:
            if "do not accept tool outputs" not in str(error):
                raise
            return self.runs.retrieve(run.id, thread_id=run.thread_id)
