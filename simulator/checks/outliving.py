"""What must hold where it is known what goes wrong: further invariants, each for some of the hazards.

Drawn conversations cannot be held to them: there a fault may be such that no loop could answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ..backend.lifecycle import RunStatus
from ..backend.turns import Say
from ..errors import told
from .evidence import Evidence, Spoken
from .invariants import Broken

MOST_ROUNDS = 30
"""Who answers more rounds of calls than that has no limit for them; those of libraries are 10 to 30."""
MOST_ASKED = 3
"""As often as the SDK sends a request by itself."""


def a_passing_fault_is_outlived(evidence: Evidence) -> Iterator[Broken]:
    """What passes is outlived: the user gets the answer, all of it.

    Otherwise a moment's trouble of the service, which nobody would have noticed, is an error of the program, and the
    answer, which is there, is lost.
    """
    for step in evidence.spoken:
        yield from _unanswered(evidence, step)


def the_next_question_is_answered(evidence: Evidence) -> Iterator[Broken]:
    """Whatever became of one question, the next one is answered.

    Otherwise a conversation that was disturbed once is lost.
    """
    for step in evidence.spoken[1:]:
        yield from _unanswered(evidence, step)


def _unanswered(evidence: Evidence, step: Spoken) -> Iterator[Broken]:
    if step.hung is not None:
        return  # `the_loop_ends` says so
    if step.error is not None:
        yield Broken(step, f"the loop raised {told(step.error):.200}")
        return
    said = [text.strip() for story in evidence.runs_of(step) for text in story.texts if text.strip()]
    if not any(text in step.answer for text in said):
        what = f"the model said {said[-1]!r}" if said else "the model was not asked"
        yield Broken(step, f"{what}, and the reply is {step.reply!r:.200}")


def every_message_reaches_the_user(evidence: Evidence) -> Iterator[Broken]:
    """All that a run said is in the reply.

    Otherwise the user reads the last words of an answer, or its first page.
    """
    for step in evidence.spoken:
        texts = [text.strip() for story in evidence.runs_of(step) for text in story.texts]
        missing = [text for text in texts if text not in step.answer]
        if step.returned and missing:
            yield Broken(step, f"of {len(texts)} messages {len(missing)} are not in the reply, {step.reply!r:.200}")
        elif step.error is not None:
            yield Broken(step, f"the loop raised {told(step.error):.200}")


def citations_are_readable(evidence: Evidence) -> Iterator[Broken]:
    """No marker of a citation is in the reply, and what stands around the markers is.

    Otherwise the user reads `【4:0†handbook.txt】`, or an answer from which more than that was cut.
    """
    for step in evidence.spoken:
        if step.error is not None:
            yield Broken(step, f"the loop raised {told(step.error):.200}")
            continue
        said = (turn for story in evidence.runs_of(step) for turn in story.turns if isinstance(turn, Say))
        for turn in said:
            markers = sorted((str(one["text"]) for one in turn.annotations), key=len, reverse=True)
            text = next((part for part in turn.parts if isinstance(part, str)), "")
            yield from _unreadable(step, text, markers)


def _unreadable(step: Spoken, text: str, markers: list[str]) -> Iterator[Broken]:
    if shown := [one for one in markers if one in step.answer]:
        yield Broken(step, f"{shown[0]!r} is in the reply, {step.reply!r:.200}")
    around = re.split("|".join(map(re.escape, markers)), text) if markers else [text]
    if missing := [one.strip() for one in around if one.strip() not in step.answer]:
        yield Broken(step, f"{missing[0]!r} is not in the reply, {step.reply!r:.200}")


def the_question_is_heard_once(evidence: Evidence) -> Iterator[Broken]:
    """What a user says stands in the thread once, and one run answers it.

    Otherwise the model reads it twice, answers twice, and is paid twice.
    """
    said: Counter[tuple[str, str]] = Counter()
    for step in evidence.spoken:
        said[step.user, step.text] += 1
        heard = [
            view.messages.count(("user", step.text))
            for view in evidence.views
            if (story := evidence.runs.get(str(view.run.get("id")))) is not None and story.step is step
        ]
        if max(heard, default=0) > said[step.user, step.text]:
            yield Broken(step, f"the model read {step.text!r} {max(heard)} times")
        answers = [story.id for story in evidence.runs_of(step) if story.status == RunStatus.COMPLETED]
        if len(answers) > 1:
            yield Broken(step, f"{len(answers)} runs answered {step.text!r}")


def half_an_answer_is_told_as_half(evidence: Evidence) -> Iterator[Broken]:
    """What a run had said when it reached its limit is not returned as the answer.

    Otherwise the user reads a sentence that stops in the middle, and nothing says that there was more.
    """
    for step in evidence.spoken:
        for story in evidence.runs_of(step)[-1:]:
            said = "\n".join(text.strip() for text in story.texts)
            is_known = not evidence.was_shown(story.id, RunStatus.COMPLETED)
            if story.status == RunStatus.INCOMPLETE and is_known and step.answer and step.answer in said:
                yield Broken(step, f"{story.id} is incomplete, and the reply is what it had said: {step.reply!r:.200}")


def what_was_said_is_remembered(evidence: Evidence) -> Iterator[Broken]:
    """Who asks is answered by a model that has read what the same user said before.

    Otherwise a conversation that was disturbed once begins anew, and nobody has told the user.
    """
    said: dict[str, list[str]] = {}
    for step in evidence.spoken:
        before = said.setdefault(step.user, [])
        runs = {story.id for story in evidence.runs_of(step)}
        heard = next((view.messages for view in reversed(evidence.views) if view.run.get("id") in runs), None)
        forgotten = [text for text in before if heard is not None and ("user", text) not in heard]
        if forgotten:
            yield Broken(step, f"the model had not read {forgotten[-1]!r}, which was said before")
        before.append(step.text)


def rounds_are_bounded(evidence: Evidence) -> Iterator[Broken]:
    """A loop has a limit for rounds of calls.

    Otherwise a model that calls the same function again and again is answered for ten minutes, at full price.
    """
    rounds = Counter(
        sent.run_id for sent in evidence.requests if sent.operation == "runs.submit_tool_outputs" and not sent.failed
    )
    for story in evidence.runs.values():
        if rounds[story.id] > MOST_ROUNDS:
            yield Broken(story.step, f"{rounds[story.id]} rounds of calls were answered in {story.id}")


def a_lasting_failure_is_not_asked_again(evidence: Evidence) -> Iterator[Broken]:
    """What is refused for good is given up.

    Otherwise a wrong key, or an API that is gone, becomes a storm of requests that cannot help.
    """
    for step in evidence.spoken:
        refused = Counter((sent.operation, sent.exchange.path) for sent in evidence.of(step) if sent.refused)
        for (operation, path), times in refused.items():
            if times > MOST_ASKED:
                yield Broken(step, f"{operation or path} was refused {times} times, and asked again each time")
