"""The functions that a distilled test brings along: a plain run loop, and how to read what was said."""

from __future__ import annotations

from collections.abc import Mapping

ANSWERED = '''
def answers(run, outputs):
    """Return the next recorded outputs, one for each call that the run waits for."""
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": one.id, "output": outputs.pop(0)} for one in calls]
'''

POLLED = '''
def run_to_end(client, thread_id, assistant_id, outputs=(), **settings):
    """Run the assistant; answer its calls with the recorded outputs, in their order."""
    runs = client.beta.threads.runs
    run = runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id, **settings)
    return submit_to_end(client, run, outputs)
'''

SUBMITTED = '''
def submit_to_end(client, run, outputs):
    """Answer the calls of a run for as long as there are outputs."""
    left = list(outputs)
    while run.status == "requires_action" and left:
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=answers(run, left)
        )
    return run
'''

STREAMED = '''
def stream_to_end(client, thread_id, assistant_id, outputs=(), **settings):
    """Run the assistant as a stream; answer its calls with the recorded outputs, in their order."""
    runs, left = client.beta.threads.runs, list(outputs)
    run = last_run(runs.create(thread_id, assistant_id=assistant_id, stream=True, **settings))
    while run.status == "requires_action" and left:
        stream = runs.submit_tool_outputs(
            run.id, thread_id=thread_id, tool_outputs=answers(run, left), stream=True
        )
        run = last_run(stream)
    return run
'''

LAST = '''
def last_run(stream):
    """Return the run as the last event of a stream shows it."""
    shown = [event.data for event in stream if event.event.startswith("thread.run.")]
    return [data for data in shown if data.object == "thread.run"][-1]
'''

SAID = '''
def said(client, run):
    """Return what a run wrote, message by message."""
    messages = client.beta.threads.messages.list(run.thread_id, order="asc")
    return [
        "".join(part.text.value for part in message.content if part.type == "text")
        for message in messages
        if message.run_id == run.id
    ]
'''

# In the order in which they are written, by the name that is called.
HELPERS: Mapping[str, str] = {
    "run_to_end": POLLED,
    "submit_to_end": SUBMITTED,
    "stream_to_end": STREAMED,
    "last_run": LAST,
    "answers": ANSWERED,
    "said": SAID,
}
NEEDS: Mapping[str, tuple[str, ...]] = {
    "run_to_end": ("submit_to_end", "answers"),
    "submit_to_end": ("answers",),
    "stream_to_end": ("last_run", "answers"),
}


def source_of(names: set[str]) -> list[str]:
    """Return the source of the helpers of these names and of those that they call."""
    needed = names.union(*(NEEDS.get(name, ()) for name in names))
    return [source for name, source in HELPERS.items() if name in needed]
