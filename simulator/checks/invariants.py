"""What must hold, whatever the service does: each a function of the evidence that yields where it does not.

Its name says what holds; its docstring, what goes wrong without it. They excuse what is none of the app's doing: an
answer that was lost, an error that a fault was.
"""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from ..backend.journal import Handled
from ..backend.lifecycle import TERMINAL, RunStatus
from ..backend.records import ToolCallRecord
from ..errors import told
from ..scenario.stage import is_of_the_app
from .evidence import Evidence, RunStory, Sent, Spoken

FASTEST_POLL = 0.1
"""Seconds between two polls: below, one run takes more than half of an organisation's 1,000 reads a minute."""
MANY_POLLS = 5
"""So many in a row are a habit."""
MOST_TRIES = 20
"""Of one request that fails each time: the SDK's three, by a loop that tries six times, are fewer."""
SHORT = 60.0
"""Seconds: an answer that comes within is not given up."""
LONG = 20.0
"""Seconds: what ends by itself, a lock that lags or a run that is being cancelled, has ended after them."""
STILL = 0.05
"""Seconds for which an event loop may stand still."""

_STARTS = ("runs.create", "threads.create_and_run")
_WRITES = ("assistants.create", "threads.create", "messages.create", *_STARTS, "runs.submit_tool_outputs")
_NOT_WANTED = "do not accept tool outputs"
_BREAKS = (AttributeError, LookupError, TypeError, NameError, ArithmeticError, RecursionError, json.JSONDecodeError)


class Broken(NamedTuple):
    """Where an invariant does not hold: in which step, and what is seen there."""

    step: Spoken | None
    text: str


Invariant: TypeAlias = Callable[[Evidence], Iterator[Broken]]


class Finding(NamedTuple):
    """An invariant that does not hold."""

    invariant: Invariant
    step: Spoken | None
    text: str


def judge(evidence: Evidence, invariants: Iterable[Invariant] | None = None) -> list[Finding]:
    """Return what does not hold, in the order of the invariants; None: all of them."""
    asked = INVARIANTS if invariants is None else invariants
    return [Finding(one, *broken) for one in asked for broken in one(evidence)]


def reason_of(invariant: Invariant) -> str:
    """Return what an invariant says, and what goes wrong otherwise, a paragraph each."""
    return inspect.cleandoc(invariant.__doc__ or "")


# The end.


def the_loop_ends(evidence: Evidence) -> Iterator[Broken]:
    """The loop returns or raises within its time.

    Otherwise a run that ends in a status which it does not know, or never ends, holds a worker for ever, and the user
    waits.
    """
    for step in evidence.spoken:
        if step.hung is not None:
            yield Broken(step, f"it goes on after {step.ended - step.began:,.0f} virtual seconds: {step.hung}")


def nothing_is_asked_after_the_end(evidence: Evidence) -> Iterator[Broken]:
    """Once a run was shown to have ended, it is left alone.

    Otherwise requests are spent on what cannot change, and a submit or a cancel is refused, at a place where nobody
    expects it.
    """
    ended: dict[str, str] = {}
    read: Counter[str] = Counter()
    for sent in evidence.requests:
        run = sent.run_id
        if run in ended and run is not None and not (sent.step is not None and sent.step.hung):
            read[run] += sent.operation == "runs.retrieve"
            if sent.operation in {"runs.cancel", "runs.submit_tool_outputs"} or read[run] == 2:
                yield Broken(sent.step, f"{sent.operation} of {run}, which was {ended[run]}")
        ended.update({id: status for id, status in sent.shown if status in TERMINAL})
        ended.pop(sent.holder or "", None)  # the service says that it is active: its lock lags


# Tool calls.


def every_call_is_answered_once(evidence: Evidence) -> Iterator[Broken]:
    """Every call is answered once, all of a round in one submit, with its own id; or the run is cancelled.

    Otherwise the submit is refused, the run stays in `requires_action` for ten minutes, and the thread is locked as
    long.
    """
    yield from _refused_submits(evidence)
    open_calls: dict[str, list[ToolCallRecord]] = {}
    for call in evidence.calls:
        if call.output is None:
            open_calls.setdefault(call.run_id, []).append(call)
    for run_id, calls in open_calls.items():
        story = evidence.runs.get(run_id)
        if story is not None and _was_left_open(evidence, story):
            names = ", ".join(f"{call.name or 'a call without a name'} ({call.id})" for call in calls)
            yield Broken(story.step, f"{names}: never answered; the run was left to itself, and is {story.status}")


def _refused_submits(evidence: Evidence) -> Iterator[Broken]:
    accepted: set[str] = set()
    lost: dict[str, bytes] = {}
    for sent in evidence.requests:
        run = str(sent.run_id)
        if sent.operation == "runs.submit_tool_outputs":
            # The SDK sends again what was lost. By then the run may ask for the outputs of its next round.
            is_sent_again = lost.get(run) == sent.exchange.body
            is_excused = is_sent_again or (_NOT_WANTED in sent.refusal and (run in lost or run not in accepted))
            if sent.refused and sent.struck is None and not is_excused:
                yield Broken(sent.step, f"a submit was refused: {sent.refusal}")
            if sent.was_lost:
                lost[run] = sent.exchange.body
            elif not sent.failed:
                accepted.add(run)
        elif (run, RunStatus.REQUIRES_ACTION) in sent.shown:
            accepted.discard(run)


def _was_left_open(evidence: Evidence, story: RunStory) -> bool:
    """Tell whether a run waited for outputs, the app was told, could answer, and neither did nor cancelled it."""
    if story.status not in {RunStatus.REQUIRES_ACTION, RunStatus.EXPIRED}:
        return False
    step = story.step
    if step is None or step.hung is not None or (evidence.was_struck(step) and not step.returned):
        return False
    tried = any(sent.operation == "runs.submit_tool_outputs" and sent.run_id == story.id for sent in evidence.requests)
    was_told = any((story.id, RunStatus.REQUIRES_ACTION) in sent.shown for sent in evidence.requests)
    return was_told and not tried


def outputs_go_to_their_own_calls(evidence: Evidence) -> Iterator[Broken]:
    """What a function returned is submitted for the call that it answers.

    Otherwise the model takes the weather of one city for that of another, and nothing fails. Seen where handlers are
    known.
    """
    results = {call.id: _results_of(call, evidence.handled) for call in evidence.calls}
    for call in evidence.calls:
        output = call.output
        # A call that raised has no result of its own, and may still be given that of another.
        if output is None or not _was_handled(call, evidence.handled) or _is_among(output, results[call.id]):
            continue
        for other in evidence.calls:
            if other.run_id == call.run_id and other.id != call.id and _is_among(output, results[other.id]):
                story = evidence.runs.get(call.run_id)
                asked, gave = (f"{one.name}({one.raw})" for one in (call, other))
                text = f"{call.id}, {asked}, was answered with {output!r:.100}, which {gave} returned"
                yield Broken(None if story is None else story.step, text)
                break


def _results_of(call: ToolCallRecord, handled: Sequence[Handled]) -> list[Any]:
    return [one.result for one in handled if one.error is None and _is_about(one, call)]


def _was_handled(call: ToolCallRecord, handled: Sequence[Handled]) -> bool:
    return any(_is_about(one, call) for one in handled)


def _is_about(one: Handled, call: ToolCallRecord) -> bool:
    return one.name == call.name and one.arguments == call.arguments


def _is_among(output: str, results: Sequence[Any]) -> bool:
    try:
        value = json.loads(output)
    except ValueError:
        value = output
    return any(result in (value, output) or str(result) == output for result in results)


def handlers_run_once(evidence: Evidence) -> Iterator[Broken]:
    """A handler runs at most once for each call.

    Otherwise what it does happens twice: two orders, two e-mails, because a submit was tried again. Seen where
    handlers are known.
    """
    called = Counter(call.name for call in evidence.calls)
    ran: Counter[str] = Counter()
    for one in evidence.handled:
        ran[one.name] += 1
        if ran[one.name] == called[one.name] + 1:
            step = next((step for step in evidence.spoken if step.began <= one.at <= step.ended), None)
            yield Broken(step, f"{one.name} was called {called[one.name]} times by the model, and ran once more")


# The thread.


def no_post_into_a_locked_thread(evidence: Evidence) -> Iterator[Broken]:
    """Nothing is posted to a thread whose run goes on; or it is posted again when that run has ended.

    Otherwise the user's message is lost, with "Can't add messages to thread … while a run … is active".
    """
    for sent in evidence.requests:
        story = evidence.runs.get(sent.holder or "")
        if story is None or story.status_at(sent.exchange.at) in TERMINAL or _creation_was_lost(evidence, story):
            continue
        if not _was_tried_again(evidence, sent):
            status = story.status_at(sent.exchange.at)
            yield Broken(
                sent.step, f"{sent.operation} was refused, for {story.id} was {status}; it was not tried again"
            )


def the_thread_stays_usable(evidence: Evidence) -> Iterator[Broken]:
    """When the loop has returned or raised, its user can go on, a little later at the latest.

    Otherwise a run that was given up, and not cancelled, locks the conversation until it expires.
    """
    ended: dict[str, float] = {}
    for step in evidence.spoken:
        rested = step.began - ended.get(step.user, step.began)
        ended[step.user] = step.ended
        for sent in evidence.of(step) if rested >= LONG else ():
            is_of_the_past = _is_about_an_earlier_run(evidence, sent)
            if (sent.holder is not None or is_of_the_past) and not _was_tried_again(evidence, sent):
                yield Broken(step, f"after {rested:,.0f} s of rest, {sent.operation} is refused: {sent.refusal}")
                break


def _is_about_an_earlier_run(evidence: Evidence, sent: Sent) -> bool:
    """Tell whether outputs for a run of an earlier step were refused, and the app could not go on."""
    story = evidence.runs.get(sent.run_id or "")
    is_refused = sent.operation == "runs.submit_tool_outputs" and sent.refused and sent.struck is None
    is_of_this = story is None or sent.step is None or story.step is sent.step
    return is_refused and not is_of_this and sent.step is not None and sent.step.error is not None


def _creation_was_lost(evidence: Evidence, story: RunStory) -> bool:
    return any(sent.operation in _STARTS and sent.was_lost and sent.step is story.step for sent in evidence.requests)


def _was_tried_again(evidence: Evidence, refused: Sent) -> bool:
    """Tell whether the same came later, and was done, or met nothing but a fault."""
    later = evidence.requests[evidence.requests.index(refused) + 1 :]
    same = (sent for sent in later if sent.operation == refused.operation and sent.step is refused.step)
    return any(not sent.failed or (sent.was_lost and sent.holder is None) for sent in same)


# Requests.


def polls_are_not_too_frequent(evidence: Evidence) -> Iterator[Broken]:
    """Between two polls there is a pause.

    Otherwise a few users at once exhaust the limit of the organisation, and every program of it is answered 429.
    """
    for row in _rows(evidence, "runs.retrieve"):
        pause = sum(_pauses(row)) / (len(row) - 1)
        if pause >= STILL / 5 and round(pause, 3) < FASTEST_POLL:  # sums of 0.1 are a little less
            yield Broken(row[0].step, f"{len(row)} polls of {row[0].run_id} in a row, {pause:.3f} s apart")


def no_busy_loop(evidence: Evidence) -> Iterator[Broken]:
    """The same is not asked again at once, without any pause.

    Otherwise the loop burns a core and hundreds of requests while it waits for one run.
    """
    for row in _rows(evidence):
        if max(_pauses(row)) < STILL / 5:
            yield Broken(
                row[0].step, f"{row[0].operation or row[0].exchange.path} {len(row)} times in a row without a pause"
            )


def retries_are_bounded(evidence: Evidence) -> Iterator[Broken]:
    """A request that fails is tried a few times and then given up.

    Otherwise an outage of the service becomes one of the program, and every client comes back at once when it ends.
    """
    for row in _rows(evidence, least=MOST_TRIES + 1):
        tries = sum(sent.failed for sent in row)
        if row[0].exchange.method == "POST" and tries > MOST_TRIES:
            yield Broken(row[0].step, f"{row[0].operation} failed {tries} times, and was tried on and on")


def _rows(evidence: Evidence, operation: str | None = None, *, least: int = MANY_POLLS) -> Iterator[list[Sent]]:
    """Yield equal requests that follow each other, of one step."""
    row: list[Sent] = []
    for sent in [*evidence.requests, None]:
        if row and (sent is None or _key(sent) != _key(row[0])):
            if len(row) >= least and operation in (None, row[0].operation):
                yield row
            row = []
        if sent is not None:
            row.append(sent)


def _key(sent: Sent) -> tuple[Any, ...]:
    exchange = sent.exchange
    return exchange.method, exchange.path, exchange.query, exchange.body, id(sent.step)


def _pauses(row: Sequence[Sent]) -> list[float]:
    return [after.exchange.at - max(before.exchange.at, before.exchange.answered_at) for before, after in pairwise(row)]


# The reply.


def the_reply_is_of_this_run(evidence: Evidence) -> Iterator[Broken]:
    """The reply is what this run said.

    Otherwise a user reads the answer to an earlier question, to somebody else's, or what he said himself: the newest
    message of the thread is not always the run's.
    """
    said = {step.text.strip() for step in evidence.spoken}
    for step in evidence.spoken:
        own = {text for story in evidence.runs_of(step) for text in story.texts}
        for story in evidence.runs.values():
            for text in story.texts if step.answer else ():
                if text.strip() and text.strip() in step.answer and not any(text in one for one in own):
                    yield Broken(step, f"the reply {step.answer!r} has {text!r}, which {story.id} said, another run")
        if step.answer in said - own:
            yield Broken(step, f"the reply {step.answer!r} is what a user said")


def an_answer_reaches_the_user(evidence: Evidence) -> Iterator[Broken]:
    """What a completed run said is returned.

    Otherwise the user gets nothing, or an error, although the model answered and was paid for: the text may stand
    behind an image, in the second part, in a refusal.
    """
    for step in evidence.spoken:
        story = _last_run(evidence, step)
        if story is None or story.status_at(step.ended) != RunStatus.COMPLETED or not _said(story):
            continue
        if step.returned and not any(text in step.answer for text in _said(story)):
            if not step.answer or not evidence.was_struck(step):
                yield Broken(step, f"{story.id} said {_said(story)[-1]!r}, and the reply is {step.reply!r:.200}")
        elif step.error is not None and not evidence.was_struck(step) and step.ended - step.began < SHORT:
            yield Broken(step, f"{story.id} said {_said(story)[-1]!r}, and the loop raised {told(step.error):.200}")


def failure_is_reported(evidence: Evidence) -> Iterator[Broken]:
    """A run that did not complete is reported: by an exception, or by a reply that says so.

    Otherwise a failure looks like an empty answer, or half a text like the whole.
    """
    asked = {step.text.strip() for step in evidence.spoken}
    for step in evidence.spoken:
        story = _last_run(evidence, step)
        status = "none" if story is None else story.status_at(step.ended)
        if not step.returned or status == RunStatus.COMPLETED or _was_told_completed(evidence, story):
            continue
        what = "there was no run" if story is None else f"{story.id} is {status}"
        if not step.answer or step.answer in asked:  # the newest message of the thread is then the question
            yield Broken(step, f"{what}, and the reply is {step.reply!r:.200}")
        elif story is not None and status != RunStatus.INCOMPLETE and step.answer in "\n".join(_said(story)):
            yield Broken(step, f"{what}, and the reply is what it had begun to say: {step.answer!r:.200}")


def _was_told_completed(evidence: Evidence, story: RunStory | None) -> bool:
    return story is not None and evidence.was_shown(story.id, RunStatus.COMPLETED)


def no_refusal_is_swallowed(evidence: Evidence) -> Iterator[Broken]:
    """What the service refuses is not passed over.

    Otherwise the run goes on without the user's message, and the model answers a question that nobody asked.
    """
    for step in evidence.spoken:
        story = _last_run(evidence, step)
        if story is None or not any(text in step.answer for text in _said(story)):
            continue
        for sent in evidence.of(step):
            is_of_a_lost_one = sent.holder is not None or _NOT_WANTED in sent.refusal
            if (
                sent.refused
                and sent.operation in _WRITES
                and not is_of_a_lost_one
                and not _was_tried_again(evidence, sent)
            ):
                yield Broken(
                    step, f"{sent.operation} was refused ({sent.refusal:.100}), and the reply is as if it was not"
                )


def errors_are_meant(evidence: Evidence) -> Iterator[Broken]:
    """What the loop raises is an error that it means, and not one of its own code.

    Otherwise the caller gets "list index out of range" for a run that said nothing, and the process may end.
    """
    for step in evidence.spoken:
        if isinstance(step.error, SystemExit) or (isinstance(step.error, _BREAKS) and _is_of_the_code(step.error)):
            yield Broken(step, f"it broke with {told(step.error):.200}")


def _is_of_the_code(error: BaseException) -> bool:
    """Tell whether it was raised in the app itself, or in the standard library for it."""
    trace, files = error.__traceback__, []
    while trace is not None:
        files.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    last = next((number for number in reversed(range(len(files))) if is_of_the_app(files[number])), None)
    return last is not None and not any("site-packages" in one for one in files[last:])


def _last_run(evidence: Evidence, step: Spoken) -> RunStory | None:
    return next(reversed(evidence.runs_of(step)), None)


def _said(story: RunStory) -> list[str]:
    return [text.strip() for text in story.texts if text.strip()]


# The event loop.


def the_event_loop_is_not_blocked(evidence: Evidence) -> Iterator[Broken]:
    """An async loop waits with `await`, for the clock and for the service.

    Otherwise all users of the process wait while one of them is answered.
    """
    for blocked in evidence.blocked:
        if blocked.seconds >= STILL:
            step = next((one for one in evidence.spoken if one.began <= blocked.at <= one.ended), None)
            yield Broken(step, f"{blocked.by} stopped the event loop for {blocked.seconds:.2f} s. {blocked.place}")


INVARIANTS: Sequence[Invariant] = (
    the_loop_ends,
    every_call_is_answered_once,
    outputs_go_to_their_own_calls,
    handlers_run_once,
    no_post_into_a_locked_thread,
    the_thread_stays_usable,
    nothing_is_asked_after_the_end,
    no_busy_loop,
    polls_are_not_too_frequent,
    retries_are_bounded,
    the_reply_is_of_this_run,
    failure_is_reported,
    an_answer_reaches_the_user,
    no_refusal_is_swallowed,
    errors_are_meant,
    the_event_loop_is_not_blocked,
)
"""All of them; the first that does not hold is what a failure is about."""

BY_NAME: Mapping[str, Invariant] = {one.__name__: one for one in INVARIANTS}
