"""What there was before a recording began, gathered from its answers, and placed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from ...errors import StateError
from ...simulator import Simulator
from .history import STATUS_IN_REFUSAL, RunHistory
from .identities import ID, Identities
from .reading import Exchange, Json, Session

COLLECTIONS: Mapping[str, str] = {
    "assistant": "assistants",
    "thread": "threads",
    "thread.message": "messages",
    "thread.run": "runs",
    "thread.run.step": "run_steps",
    "file": "files",
    "vector_store": "vector_stores",
    "vector_store.file": "vector_store_files",
    "vector_store.file_batch": "vector_store_file_batches",
    "vector_store.files_batch": "vector_store_file_batches",
}
_BY_PREFIX: Mapping[str, str] = {
    "asst_": "assistants",
    "thread_": "threads",
    "msg_": "messages",
    "run_": "runs",
    "step_": "run_steps",
    "file-": "files",
    "vs_": "vector_stores",
    "vsfb_": "vector_store_file_batches",
    "vsfb_ibj_": "vector_store_file_batches",
}
_ORDER = tuple(dict.fromkeys(COLLECTIONS.values()))
_PARENTS: Mapping[str, tuple[str, ...]] = {
    "messages": ("thread_id",),
    "runs": ("thread_id",),
    "run_steps": ("thread_id", "run_id"),
    "vector_store_files": ("vector_store_id",),
    "vector_store_file_batches": ("vector_store_id",),
}
# What a run takes over from its assistant, unless its request says otherwise.
_FROM_ASSISTANT = (
    *("model", "instructions", "tools", "file_ids", "temperature", "top_p", "reasoning_effort", "response_format"),
)


class Older:
    """The objects that no exchange made, each as it was when the session began.

    Args:
        runs: what is known of runs, by id.
    """

    def __init__(self, session: Session, runs: Mapping[str, RunHistory]) -> None:
        self._session, self._runs = session, runs
        self._made = session.made
        self._items: dict[tuple[str, str], Json] = {}
        self._gather()

    def place(self, simulator: Simulator, identities: Identities) -> None:
        """Put them in their place."""
        for collection, item in self._in_order():
            identities.keep(item["id"])
            _put(simulator, collection, {key: _ours(value, identities) for key, value in item.items()})

    def follow(self, exchange: Exchange, simulator: Simulator, identities: Identities) -> None:
        """Let older runs be where an answer shows them: what is placed does not move by itself."""
        for shown in exchange.objects:
            item = self._items.get(("runs", str(shown.get("id"))))
            run = self._runs.get(str(shown.get("id")))
            if item is None or run is None or item["status"] == shown.get("status"):
                continue
            if exchange.index >= min([*run.submits, *run.cancels], default=inf):  # from there on it moves as recorded
                continue
            item["status"] = shown["status"]
            _put(simulator, "runs", {key: _ours(value, identities) for key, value in shown.items()})

    def _in_order(self) -> Iterator[tuple[str, Json]]:
        for collection in _ORDER:
            chosen = [item for (kind, _), item in self._items.items() if kind == collection]
            for item in sorted(chosen, key=lambda one: one.get("created_at") or 0):
                yield collection, item

    # Gathering.

    def _gather(self) -> None:
        for exchange in self._session.exchanges:
            for shown in exchange.objects:
                self._see(exchange, shown)
        for exchange in self._session.exchanges:
            self._see_names(exchange)
        self._threads_with_users()
        for exchange in self._session.exchanges:
            self._go_on_beyond(exchange)

    def _see(self, exchange: Exchange, shown: Json) -> None:
        collection = COLLECTIONS.get(str(shown.get("object")))
        if collection is None or not self._is_older(exchange, collection, shown):
            return
        changed = set(exchange.body) if exchange.operation.name.endswith(".update") else set()
        item = {key: value for key, value in shown.items() if key not in changed}
        if collection == "vector_store_files":
            item["vector_store_id"] = shown.get("vector_store_id") or exchange.operation.ids[0]
        self._items.setdefault((collection, shown["id"]), _before(exchange, item))

    def _is_older(self, exchange: Exchange, collection: str, shown: Json) -> bool:
        if shown.get("id") is None or shown["id"] in self._made or shown.get("deleted"):
            return False
        if collection in {"messages", "run_steps"}:
            run = self._runs.get(shown.get("run_id") or "")
            if run is not None and run.made_at is not None:
                return False
        made_with = shown.get("thread_id") in self._made and not shown.get("run_id")
        if collection == "messages" and made_with:
            return False
        if collection == "threads" or not exchange.is_known:
            return True
        began = self._session.began or 0
        made_in_passing = self._adds_messages(shown) if collection == "messages" else collection == "vector_store_files"
        return not made_in_passing or (shown.get("created_at") or 0) < began

    def _adds_messages(self, message: Json) -> bool:
        """Tell whether a run of the session brought messages to the thread of this one."""
        return not message.get("run_id") and any(
            one.operation.name == "runs.create"
            and one.operation.ids[0] == message.get("thread_id")
            and one.body.get("additional_messages")
            for one in self._session.exchanges
        )

    def _see_names(self, exchange: Exchange) -> None:
        """See what requests name, and no answer shows."""
        if not exchange.is_known:
            return
        unknown = str(exchange.interaction.response.json) if exchange.status == 404 else ""
        parents: Json = {}
        named = [*exchange.operation.ids, *_ids_in(exchange.body)]
        for id in named:
            collection = _collection_of(id)
            if collection is not None and id not in unknown:
                self._see_name(exchange, collection, id, parents)
            if id.startswith(("thread_", "run_", "vs_")):
                parents.setdefault({"t": "thread_id", "r": "run_id", "v": "vector_store_id"}[id[0]], id)

    def _see_name(self, exchange: Exchange, collection: str, id: str, parents: Json) -> None:
        if id in self._made or id in self._runs_made() or (collection, id) in self._items:
            return
        if any(key not in parents for key in _PARENTS.get(collection, ())):
            return
        known = {key: parents[key] for key in _PARENTS.get(collection, ())}
        self._items[collection, id] = {"id": id, **known, **self._told(exchange, collection, id)}

    def _runs_made(self) -> set[str]:
        made = {id for id, run in self._runs.items() if run.made_at is not None}
        for id in list(made):
            made |= self._runs[id].messages.keys() | self._runs[id].steps.keys()
        return made

    def _told(self, exchange: Exchange, collection: str, id: str) -> Json:
        """Return what else an answer tells of an object that it does not show."""
        if collection == "assistants":
            return self._assistant(id)
        if collection in {"runs", "run_steps"}:
            refused = STATUS_IN_REFUSAL.search(str(exchange.interaction.response.json))
            return {"status": refused[1] if refused else "completed"}
        return {}

    def _assistant(self, id: str) -> Json:
        """Return what runs show of their assistant: all that their requests did not set."""
        for run in self._runs.values():
            shown = run.sightings[0].shown if run.sightings else {}
            if shown.get("assistant_id") == id:
                given = self._session.exchanges[run.made_at].body if run.made_at is not None else {}
                return {key: shown[key] for key in _FROM_ASSISTANT if key in shown and given.get(key) is None}
        lists = [one for one in self._session.exchanges if one.operation.name == "assistants.files.list"]
        linked = [shown for one in lists for shown in one.objects]
        links = [one for one in linked if one.get("object") == "assistant.file" and one["assistant_id"] == id]
        if not links:
            return {}
        return {"file_ids": [one["id"] for one in links], "created_at": min(one["created_at"] for one in links)}

    def _threads_with_users(self) -> None:
        """Give a user's message to older threads on which a run could begin and of which no message is shown."""
        listed = {item["thread_id"] for (kind, _), item in self._items.items() if kind == "messages"}
        for run in self._runs.values():
            if run.made_at is not None and ("threads", run.thread_id) in self._items and run.thread_id not in listed:
                listed.add(run.thread_id)
                if not self._lists_messages(run.thread_id):
                    id = f"msg_{run.thread_id.removeprefix('thread_')}"
                    self._items["messages", id] = {
                        "id": id,
                        "thread_id": run.thread_id,
                        "content": "?",
                        "created_at": 1,
                    }

    def _go_on_beyond(self, exchange: Exchange) -> None:
        """Where a page says that there is more, let there be one more object that nobody sees."""
        page = exchange.interaction.response.json
        if not exchange.is_known or not isinstance(page, dict) or page.get("has_more") is not True or not page["data"]:
            return
        last = page["data"][-1]
        collection = COLLECTIONS.get(last["object"])
        if collection is None or self._is_made_within(collection, last) or self._is_read_to_its_end(exchange):
            return
        beyond = {key: value for key, value in last.items() if key != "object"}
        step = 1 if "order=asc" in exchange.interaction.request.query else -1
        id = f"{last['id'][:-5]}{'Later' if step > 0 else 'Older'}"
        self._items.setdefault(
            (collection, id), {**beyond, "id": id, "created_at": self._outermost(collection, step, last) + step}
        )

    def _is_read_to_its_end(self, exchange: Exchange) -> bool:
        """Tell whether a later page of the same list is the last."""
        request = exchange.interaction.request
        pages = (
            one.interaction.response.json
            for one in self._session.exchanges[exchange.index + 1 :]
            if one.interaction.request.path == request.path
            and ("order=asc" in one.interaction.request.query) == ("order=asc" in request.query)
        )
        return any(isinstance(page, dict) and page.get("has_more") is False for page in pages)

    def _outermost(self, collection: str, step: int, last: Json) -> int:
        """Return the time of the oldest object, or the newest, of those that are listed with one."""
        parents = [(key, last.get(key)) for key in _PARENTS.get(collection, ())]
        times: list[int] = [
            item.get("created_at") or 0
            for (kind, _), item in self._items.items()
            if kind == collection and all(item.get(key) == value for key, value in parents)
        ]
        bounds = [*times, int(last["created_at"]), *filter(None, [self._session.began])]
        return max(bounds) if step > 0 else min(bounds)

    def _is_made_within(self, collection: str, item: Json) -> bool:
        """Tell whether all that is listed beside an object belongs to something that the session made."""
        return any(item.get(key) in self._made for key in _PARENTS.get(collection, ()))

    def _lists_messages(self, thread_id: str) -> bool:
        return any(
            one.operation.name == "messages.list" and one.operation.ids[0] == thread_id
            for one in self._session.exchanges
        )


def _before(exchange: Exchange, item: Json) -> Json:
    """Return an object as it was before the request that shows it."""
    if exchange.operation.name == "runs.cancel":
        return {**item, "status": "in_progress"}
    if exchange.operation.name == "runs.submit_tool_outputs" and "step_details" in item:
        return _unanswered(item)
    if exchange.operation.name == "runs.submit_tool_outputs":
        ids = [one["tool_call_id"] for one in exchange.body.get("tool_outputs") or ()]
        calls = [{"id": id, "type": "function", "function": {"name": "unknown", "arguments": "{}"}} for id in ids]
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
        return {**item, "status": "requires_action", "required_action": action}
    return item


def _unanswered(step: Json) -> Json:
    """Return a step of function calls as it was before their outputs came."""
    calls = [
        {**call, "function": {**call["function"], "output": None}} if call["type"] == "function" else call
        for call in step["step_details"].get("tool_calls") or ()
    ]
    details = {**step["step_details"], "tool_calls": calls}
    return {**step, "status": "in_progress", "completed_at": None, "usage": None, "step_details": details}


def _ids_in(body: Any) -> list[str]:
    """Return the ids that a body names as such: not those that stand in texts."""
    found: list[str] = []
    for key, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, str) and (key == "id" or key.endswith("_id")):
            found.append(value)
        elif isinstance(value, list) and key.endswith("_ids"):
            found += [one for one in value if isinstance(one, str)]
        elif isinstance(value, dict):
            found += _ids_in(value)
        elif isinstance(value, list):
            found += [id for one in value for id in _ids_in(one)]
    return found


def _collection_of(id: str) -> str | None:
    match = ID.fullmatch(id)
    return None if match is None else _BY_PREFIX.get(match[1])


def _ours(value: Any, identities: Identities) -> Any:
    if isinstance(value, str):
        return identities.translated(value)
    if isinstance(value, list):
        return [_ours(one, identities) for one in value]
    return {key: _ours(one, identities) for key, one in value.items()} if isinstance(value, dict) else value


def _put(simulator: Simulator, collection: str, item: Json) -> None:
    plain = {key: value for key, value in item.items() if key != "object"}
    try:
        simulator.put(collection, plain)
    except StateError:
        return


def put_answered(simulator: Simulator, identities: Identities, exchange: Exchange) -> None:
    """Place what a request made or changed that is not known, as its answer shows it."""
    for shown in exchange.objects:
        collection = COLLECTIONS.get(str(shown.get("object")))
        if collection is not None and "id" in shown:
            item = dict(shown)
            if collection == "vector_store_files" and exchange.operation.ids:
                item.setdefault("vector_store_id", exchange.operation.ids[0])
            identities.keep(shown["id"])
            _put(simulator, collection, {key: _ours(value, identities) for key, value in item.items()})
