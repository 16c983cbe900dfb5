"""A run and how it moves: what is planned for it, and what each event does to it."""

from __future__ import annotations

from tests.reference import limits, shapes
from tests.reference.turns import CALLS, argument_texts, breaks, content_pieces, has_message

# The machine makes the simulator take these; else they are drawn by the seed (tests/backend hold the bounds).
LATENCY = {"queued": 0.25, "turn": 0.5, "cancel": 0.5, "ingest": 0.5}
FIRST_PIECE = 0.4  # the part of a turn that passes before its step begins

ACTIVE = {"queued", "in_progress", "requires_action", "cancelling"}
CANCELLABLE = ACTIVE - {"cancelling"}
CUT = {"cancelled": "run_cancelled", "expired": "run_expired", "failed": "run_failed"}
STAMPS = {"completed": "completed_at", "cancelled": "cancelled_at", "failed": "failed_at"}
WENT_WRONG = {"code": "server_error", "message": "Sorry, something went wrong."}


class Running:
    """A run, its steps, and the plan of what will happen to it.

    Args:
        thread: where it writes.
        turns: what the model will answer.
        new_id: makes an id of a kind.
        instructions: more of them, which the run does not show.
    """

    def __init__(self, run, thread, turns, new_id, now, *, instructions=None):
        self.run, self.thread, self.turns, self.new_id = run, thread, list(turns), new_id
        self.steps, self.instructions, self.outputs = [], instructions, []
        self.spent = [0, 0]
        self.plan, self.planned = [], 0
        self.turn = self.step = self.message = self.stream = None
        self.add(run["expires_at"], "expire")
        self.queue(now)

    @property
    def active(self):
        return self.run["status"] in ACTIVE

    @property
    def waiting_for(self):
        """The ids of the calls that wait for outputs."""
        return [one["id"] for one in self.run["required_action"]["submit_tool_outputs"]["tool_calls"]]

    def listen(self, now, thread=None):
        """Begin to keep what a stream shows."""
        self.stream = self.shown = []
        if thread is not None:
            self.stream.append(("thread.created", {**thread, "tool_resources": shapes.NO_FILES}))

    def created(self, now):
        self.emit("thread.run.created", self.run, now)
        self.emit("thread.run.queued", self.run, now)

    # The plan.

    def add(self, due, name):
        self.planned += 1
        self.plan.append((due, self.planned, name))

    def queue(self, now):
        """Plan the beginning, and the next turn."""
        self.add(now + LATENCY["queued"], "start")
        self.plan_turn(now + LATENCY["queued"])

    def plan_turn(self, start):
        self.prompt = self.look()
        self.turn, self.step, self.message = self.next_turn(), None, None
        if self.turn["kind"] == "hang":
            return
        takes = LATENCY["turn"] if self.turn.get("takes") is None else float(self.turn["takes"])
        self.opens, self.closes = start + takes * FIRST_PIECE, start + takes
        self.add(self.opens, "open")
        self.add(self.closes, "close")

    def next_turn(self):
        if self.prompt is None:
            return limits.PROMPT_IS_TOO_LONG
        turn, limit = self.turns.pop(0), self.run["max_completion_tokens"]
        return turn if limit is None else limits.as_far_as_it_gets(turn, limit - self.spent[1])

    def look(self, more=()):
        """What the model would be shown now, in tokens; None if it does not fit. `more`: outputs that come now."""
        spent = self.spent[0]
        if self.step is not None and self.step["status"] == "in_progress":
            spent += self.prompt
        before, own = [], []
        for one in self.thread.messages:
            (own if one["run_id"] is self.run["id"] else before).append(limits.texts_in(one["content"]))
        outputs = [*self.outputs, *more]
        return limits.prompt(self.run, before, own, instructions=self.instructions, outputs=outputs, spent=spent)

    def move_to(self, now):
        """Let happen what is due."""
        while self.plan and min(self.plan)[0] <= now:
            event = min(self.plan)
            self.plan.remove(event)
            getattr(self, event[2])(event[0])

    # What is planned.

    def start(self, at):
        self.run.update(status="in_progress", started_at=int(at))
        self.emit("thread.run.in_progress", self.run, at)

    def open(self, at):
        if self.turn["kind"] in CALLS:
            self.calls = self.new_calls()
            self.open_step(shapes.calls_step([]), at)
        elif has_message(self.turn):
            id = self.new_id("msg_")
            self.open_step(shapes.message_step(id), at)
            self.message = shapes.message(id, at, self.thread.id, "assistant", [], by=self.run)
            self.thread.messages.add(self.message)
            self.emit("thread.message.created", self.message, at)
            self.emit("thread.message.in_progress", self.message, at)

    def open_step(self, details, at):
        self.step = shapes.step(self.new_id("step_"), at, self.run, details)
        self.steps.append(self.step)
        self.emit("thread.run.step.created", self.step, at)
        self.emit("thread.run.step.in_progress", self.step, at)

    def close(self, at):
        getattr(self, f"close_{self.turn['kind']}")(at)

    def close_say(self, at):
        if self.turn.get("stopped"):
            self.stop_short("max_completion_tokens", len(content_pieces(self.turn)), at)
            return
        self.end_message("completed", at, len(content_pieces(self.turn)))
        self.end_step("completed", at)
        if self.turn.get("more"):
            self.go_on(at)
        else:
            self.end("completed", at)

    def close_call(self, at):
        asked = [
            {"id": one["id"], "type": "function", "function": {k: one["function"][k] for k in ("name", "arguments")}}
            for one in self.calls
        ]
        self.step["step_details"] = shapes.calls_step(self.calls)
        self.run["status"] = "requires_action"
        self.run["required_action"] = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": asked}}
        self.emit("thread.run.requires_action", self.run, at)
        self.stream = None

    def close_code(self, at):
        self.step["step_details"] = shapes.calls_step(self.calls)
        self.end_step("completed", at)
        self.go_on(at)

    close_search = close_code

    def close_fail(self, at):
        usual = WENT_WRONG["message"]
        self.fail({"code": self.turn["code"], "message": self.turn.get("message", usual)}, at)

    def close_incomplete(self, at):
        self.stop_short(self.turn["reason"], 1, at)

    def stop_short(self, reason, pieces, at):
        if self.message is not None:
            self.end_message("incomplete", at, pieces, "max_tokens")
            self.end_step("completed", at)
        self.run["incomplete_details"] = {"reason": reason}
        self.end("incomplete", at)

    def close_finish(self, at):
        self.end("completed", at)

    def expire(self, at):
        self.cut("expired", at)
        self.run["required_action"] = None
        self.end("expired", at)

    def confirm_cancel(self, at):
        self.end("cancelled", at)

    # What requests cause.

    def cancel(self, now):
        self.cut("cancelled", now)
        self.run.update(status="cancelling", required_action=None)
        self.emit("thread.run.cancelling", self.run, now)
        self.plan = [event for event in self.plan if event[2] == "expire"]
        self.add(now + LATENCY["cancel"], "confirm_cancel")

    def submit(self, outputs, now, *, stream):
        """Take outputs, by call id."""
        self.outputs += self.answers(outputs)
        answered = [{**one, "function": {**one["function"], "output": outputs[str(one["id"])]}} for one in self.calls]
        self.stream = None
        if stream:
            self.listen(now)
        self.step["step_details"] = shapes.calls_step(answered)
        self.end_step("completed", now)
        self.run.update(status="queued", required_action=None)
        self.emit("thread.run.queued", self.run, now)
        self.queue(now)

    def answers(self, outputs):
        """The arguments of each call that waits, with its output."""
        return [(one["function"]["arguments"], outputs[str(one["id"])]) for one in self.calls]

    # Ends.

    def has_next(self):
        """Whether there is another turn, and one that the run lets the model take."""
        called = any(one["type"] == "tool_calls" for one in self.steps)
        return bool(self.turns) and not breaks(self.turns[0], self.run, tool_called=called)

    def go_on(self, at):
        if self.look() is None or self.has_next():
            self.plan_turn(at)
        else:
            self.fail(WENT_WRONG, at)

    def fail(self, error, at):
        self.cut("failed", at, error)
        self.run["last_error"] = error
        self.end("failed", at)

    def cut(self, status, at, error=None):
        """End what is open with what was said so far."""
        if self.step is None or self.step["status"] != "in_progress":
            return
        if self.message is not None:
            pieces = content_pieces(self.turn)
            length = self.closes - self.opens
            times = [self.opens + length * (n + 1) / (len(pieces) + 1) for n in range(len(pieces))]
            self.end_message("incomplete", at, sum(time <= at for time in times), CUT[status])
        self.step["last_error"] = error
        self.end_step(status, at)

    def end_message(self, status, at, pieces, reason=None):
        self.message["content"] = _joined(content_pieces(self.turn)[:pieces])
        self.emit(f"thread.message.{status}", self.message, at, reason)

    def end_step(self, status, at):
        self.step["status"] = status
        cost = [self.prompt, self.said()]
        self.spent = [sum(pair) for pair in zip(self.spent, cost, strict=True)]
        self.step["usage"] = shapes.usage(*cost)
        if status in STAMPS:
            self.step[STAMPS[status]] = int(at)
        self.emit(f"thread.run.step.{status}", self.step, at)

    def said(self):
        if self.message is None:
            return limits.cost_of_calls(self.turn)
        content, whole = self.message["content"], _joined(content_pieces(self.turn))
        is_whole = self.turn["kind"] == "say" and not self.turn.get("stopped") and content == whole
        return limits.cost_of_message(content, whole=is_whole)

    def end(self, status, at):
        stamp = {"incomplete": "completed_at"}.get(status, STAMPS.get(status))
        if stamp:
            self.run[stamp] = int(at)
        self.run.update(status=status, expires_at=None, usage=shapes.usage(*self.spent))
        self.emit(f"thread.run.{status}", self.run, at)
        for step in self.steps:
            step["expires_at"] = None
        self.plan, self.stream = [], None

    # Odds.

    def new_calls(self):
        kind = self.turn["kind"]
        if kind == "call":
            texts = argument_texts(self.turn)
            functions = [
                {"name": name, "arguments": text, "output": None}
                for (name, _), text in zip(self.turn["calls"], texts, strict=True)
            ]
            return [{"id": self.new_id("call_"), "type": "function", "function": one} for one in functions]
        if kind == "code":
            logs = [{"type": "logs", "logs": self.turn["logs"]}] if "logs" in self.turn else []
            code = {"input": self.turn["input"], "outputs": logs}
            return [{"id": self.new_id("call_"), "type": "code_interpreter", "code_interpreter": code}]
        ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
        search = {"ranking_options": ranking, "results": self.turn["results"]}
        return [{"id": self.new_id("call_"), "type": "file_search", "file_search": search}]

    def emit(self, name, item, at, reason=None):
        if self.stream is not None:
            self.stream.append((name, shapes.streamed(item, name=name, at=at, reason=reason)))


def _joined(pieces):
    parts = {}
    for index, kind, value in pieces:
        if kind == "text":
            before = parts.get(index, shapes.text(""))["text"]["value"]
            parts[index] = shapes.text(before + value)
        elif kind == "image":
            parts[index] = {"type": "image_file", "image_file": {"file_id": value}}
        else:
            parts[index] = {"type": "refusal", "refusal": value}
    return list(parts.values())
