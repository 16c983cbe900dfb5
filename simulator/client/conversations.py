"""Conversations: each user has a thread, says something, and gets a reply."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, TypedDict, TypeVar, Unpack

import openai
import pydantic

from .assistants import AssistantConfig, AssistantManager
from .budgets import Budgets, allowance
from .errors import ConfigurationError, StoreLocked
from .events import Event, Replied
from .ground import C, EitherWay, EitherWayIterator, OnClient, resolved
from .parameters import require_all
from .policies import RunPolicy
from .registry import FunctionRegistry
from .replies import Part, Reply, parts_of, text_of
from .requesting import Requests, all_of, without_retries
from .retention import Retention, Retired, retired
from .stores import MemoryStore, ThreadStore, UserRecord
from .threads import attachments_of, new_request_id
from .turn import Plan, Turn
from .usage import Price, Usage

T = TypeVar("T")
Content: TypeAlias = str | Sequence[Mapping[str, Any]]

_STORE_SECONDS = 5.0
_LONGEST_METADATA = 512


class MessageOptions(TypedDict, total=False):
    """What may be said of a message; `ConversationHandler.send` tells what each means."""

    attachments: Iterable[str | Mapping[str, Any]]
    tools: Iterable[str]
    reply_as: type[pydantic.BaseModel]
    options: Mapping[str, Any]
    policy: RunPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message of a conversation.

    Args:
        role: `user` or `assistant`.
        text: its texts, joined by line ends.
        parts: all that it is made of.
        created_at: when it was written.
    """

    role: str
    text: str
    parts: tuple[Part, ...]
    created_at: dt.datetime
    message_id: str
    run_id: str | None


class ConversationHandler(OnClient[C]):
    """Conversations with an assistant. Sync on an `openai.OpenAI`; on an `openai.AsyncOpenAI` each method is awaited.

    What one user says is answered one after the other, in the order of coming; users do not wait for each other.

    Args:
        client: of the SDK. Requests that fail are sent again as `policy` says, and not as the client does.
        assistant: its id; or what it is like, and then it is made where there is none.
        registry: whose functions are executed; None: those of the configuration.
        store: where it is kept which thread is whose; None: in memory.
        policy: how patient one is, and what happens when things go wrong.
        budgets: what may be spent.
        prices: of models, for costs.
        request_id: returns an id that no request had; by it what was made is found again when its answer is lost.
    """

    def __init__(
        self,
        client: C,
        assistant: str | AssistantConfig,
        *,
        registry: FunctionRegistry | None = None,
        store: ThreadStore | None = None,
        policy: RunPolicy | None = None,
        budgets: Budgets | None = None,
        prices: Mapping[str, Price] | None = None,
        request_id: Callable[[], str] = new_request_id,
    ) -> None:
        super().__init__(client)
        self._client: Any = without_retries(client)
        self._threads: Any = self._client.beta.threads
        self._policy = policy or RunPolicy()
        self._ask = Requests(self._ground, self._policy).ask
        self._assistants: Any = AssistantManager(client, policy=self._policy)
        self._assistant, self._assistant_id = assistant, assistant if isinstance(assistant, str) else None
        functions = assistant.functions if isinstance(assistant, AssistantConfig) else None
        self._registry = registry or functions or FunctionRegistry()
        self._store: ThreadStore = MemoryStore() if store is None else store
        self._budgets, self._prices = budgets or Budgets(), prices or {}
        self._request_id = request_id

    @EitherWay
    async def send(
        self,
        user_id: str,
        content: Content,
        *,
        on_event: Callable[[Event], object] | None = None,
        **more: Unpack[MessageOptions],
    ) -> Reply:
        """Say something for a user, and return what the assistant replies.

        Args:
            user_id: whose conversation it is; any text.
            content: a text, or parts as the API takes them.
            on_event: is told what happens, and the text as it comes; what it raises ends the turn.
            more: what follows.
            attachments: ids of files, or what the API takes.
            tools: which tools may use the files that are given by their ids; `file_search` if not given.
            reply_as: a pydantic model; the assistant must reply with JSON that fits it, which is `parsed` then.
            options: of the run, as the API takes them, such as `additional_instructions`.
            policy: in place of that of the handler.

        Raises:
            RunError: there is no reply; no run is left on the thread.
            BudgetExceeded: before a run that might have passed a budget.
            ReplyInvalid: the reply does not fit `reply_as`.
            ThreadGone: somebody deleted the thread; `forget` lets a new one be begun.
        """
        reply: Reply | None = None
        async with aclosing(self._events(user_id, content, more, is_streamed=on_event is not None)) as events:
            async for event in events:
                if on_event is not None:
                    on_event(event)
                if isinstance(event, Replied):
                    reply = event.reply
        assert reply is not None, "a turn ends with a reply, or raises"  # noqa: S101
        return reply

    @EitherWayIterator
    async def stream(self, /, user_id: str, content: Content, **more: Unpack[MessageOptions]) -> AsyncIterator[Event]:
        """Say something for a user, and yield what happens, the text as it comes, and the reply last.

        It takes and raises what `send` does. Who stops listening cancels the run.
        """
        async with aclosing(self._events(user_id, content, more, is_streamed=True)) as events:
            async for event in events:
                yield event

    @EitherWay
    async def history(self, user_id: str, limit: int | None = None) -> Sequence[Entry]:
        """Return the conversation of a user, oldest first: all of it, or the newest messages up to a limit."""
        record = await self._stored(lambda: self._store.get(_checked(user_id)))
        if record is None or record.thread_id is None:
            return []
        thread_id = record.thread_id
        page = await self._ask(
            lambda: self._threads.messages.list(thread_id, order="desc", limit=min(limit or 100, 100))
        )
        return [_entry(one) for one in reversed(await all_of(page, limit))]

    @EitherWay
    async def thread_id(self, user_id: str) -> str | None:
        """Return the thread of a user; None where there is none yet."""
        record = await self._stored(lambda: self._store.get(_checked(user_id)))
        return None if record is None else record.thread_id

    @EitherWay
    async def usage(self, user_id: str) -> Usage:
        """Return what a user has used, over all threads."""
        record = await self._stored(lambda: self._store.get(_checked(user_id)))
        return Usage() if record is None else record.usage

    @EitherWay
    async def reset_usage(self, user_id: str) -> None:
        """Begin the budgets of a user and of the present thread anew."""
        async with self._ground.turn(_key(user_id)):
            record = await self._stored(lambda: self._store.get(user_id))
            if record is not None:
                fresh = replace(record, usage=Usage(), thread_usage=Usage())
                await self._stored(lambda: self._store.put(fresh))

    @EitherWay
    async def forget(self, user_id: str) -> bool:
        """Delete the thread of a user; the next message begins a new one. Return whether there was one."""
        async with self._ground.turn(_key(user_id)):
            record = await self._stored(lambda: self._store.get(user_id))
            if record is None or record.thread_id is None:
                return False
            await self._end(record)
            return True

    @EitherWay
    async def retire(self, retention: Retention, *, dry_run: bool = False) -> Sequence[Retired]:
        """Delete the threads that a retention does not keep, and return them.

        A thread that has been used meanwhile is kept.

        Args:
            retention: what is kept.
            dry_run: only say which threads would be deleted.
        """
        now = time.time()
        found = retired(await self._stored(self._store.all), retention, now)
        if dry_run:
            return found
        done = []
        for one in found:
            async with self._ground.turn(_key(one.user_id)):
                record = await self._stored(partial(self._store.get, one.user_id))
                if record is not None and record.thread_id == one.thread_id and record.used_at <= now:
                    await self._end(record)
                    done.append(one)
        return done

    # A turn.

    async def _events(self, user_id: str, content: Content, more: MessageOptions, *, is_streamed: bool) -> Any:
        message = _message(content, more)
        async with self._ground.turn(_key(user_id)):
            assistant_id = await self._assistant_of()
            record = await self._conversation(user_id)
            plan = await self._plan(record, assistant_id, message, more)
            turn = Turn(self._client, self._ground, replace(plan, is_streamed=is_streamed))
            try:
                async with aclosing(turn.events()) as events:
                    async for event in events:
                        yield _with_model(event, more.get("reply_as"))
            except openai.NotFoundError:
                if isinstance(self._assistant, AssistantConfig):
                    self._assistant_id = None  # if it is that which is gone, it is made anew for the next message
                raise
            finally:
                used = replace(
                    record,
                    used_at=time.time(),
                    usage=record.usage + turn.usage,
                    thread_usage=record.thread_usage + turn.usage,
                )
                await self._ground.in_any_case(lambda: self._stored(lambda: self._store.put(used)), _STORE_SECONDS)

    async def _plan(
        self, record: UserRecord, assistant_id: str, message: Mapping[str, Any], more: MessageOptions
    ) -> Plan:
        model = await self._model() if self._has_money_budget() else None

        def before_run(used: Usage) -> Mapping[str, Any]:
            spent = {"run": Usage(), "thread": record.thread_usage + used, "user": record.usage + used}
            return allowance(self._budgets, spent, model, self._prices)

        before_run(Usage())  # before anything is said
        return Plan(
            thread_id=str(record.thread_id),
            user_id=record.user_id,
            message=message,
            options={"assistant_id": assistant_id, **_format(more.get("reply_as")), **more.get("options", {})},
            registry=self._registry,
            policy=more.get("policy", self._policy),
            prices=self._prices,
            before_run=before_run,
            request_id=self._request_id,
        )

    async def _conversation(self, user_id: str) -> UserRecord:
        """Return the record of a user who has a thread; begin one where there is none."""
        record = await self._stored(lambda: self._store.get(user_id))
        if record is not None and record.thread_id is not None:
            return record
        thread = await self._ask(lambda: self._threads.create(metadata={"user_id": _as_metadata(user_id)}))
        now = time.time()
        mine = replace(record or UserRecord(user_id=user_id), thread_id=thread.id, created_at=now, used_at=now)
        kept = await self._stored(lambda: self._store.claim(mine))
        if kept.thread_id != thread.id:  # another process was faster
            await self._delete(thread.id)
        return kept

    async def _assistant_of(self) -> str:
        if self._assistant_id is None:
            async with self._ground.turn(("assistant",)):
                if self._assistant_id is None:
                    self._assistant_id = str((await resolved(self._assistants.ensure(self._assistant))).id)
        return self._assistant_id

    async def _model(self) -> str:
        if isinstance(self._assistant, AssistantConfig):
            return self._assistant.model
        return str((await resolved(self._assistants.get(self._assistant))).model)

    def _has_money_budget(self) -> bool:
        return any(one.cost is not None for one in (self._budgets.run, self._budgets.thread, self._budgets.user))

    async def _end(self, record: UserRecord) -> None:
        await self._delete(str(record.thread_id))
        await self._stored(lambda: self._store.put(record.without_thread()))

    async def _delete(self, thread_id: str) -> None:
        try:
            await self._ask(lambda: self._threads.delete(thread_id))
        except openai.NotFoundError:
            return

    async def _stored(self, work: Callable[[], T]) -> T:
        """Use the store; wait a while for another process that holds it.

        Raises:
            StoreLocked: it still does.
        """
        deadline, pause = time.monotonic() + _STORE_SECONDS, 0.01
        while True:
            try:
                return work()
            except StoreLocked:
                if time.monotonic() >= deadline:
                    raise
                await self._ground.pause(pause)
                pause = min(pause * 2, 0.5)


def _key(user_id: str) -> tuple[str, str]:
    return ("user", _checked(user_id))


def _checked(user_id: str) -> str:
    if not isinstance(user_id, str) or not user_id:
        raise ConfigurationError(f"{user_id!r} is no id of a user: give a text that is not empty.")
    try:
        user_id.encode()
    except UnicodeEncodeError:
        raise ConfigurationError(f"{user_id!r} holds half a surrogate pair, which cannot be stored.") from None
    return user_id


def _as_metadata(user_id: str) -> str:
    """Return what stands for a user on the thread: a value of metadata has at most 512 characters."""
    if len(user_id) <= _LONGEST_METADATA:
        return user_id
    return f"sha256:{hashlib.sha256(user_id.encode()).hexdigest()}"


def _message(content: Content, more: MessageOptions) -> dict[str, Any]:
    if not content:
        raise ConfigurationError("A message says something: give a text, or parts as the API takes them.")
    attached = attachments_of(more.get("attachments", ()), more.get("tools", ("file_search",)))
    return {"role": "user", "content": content, **({"attachments": attached} if attached else {})}


def _format(model: type[pydantic.BaseModel] | None) -> dict[str, Any]:
    if model is None:
        return {}
    schema = model.model_json_schema()
    require_all(schema)
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": model.__name__, "schema": schema, "strict": True},
        }
    }


def _with_model(event: Event, model: type[pydantic.BaseModel] | None) -> Event:
    if model is None or not isinstance(event, Replied):
        return event
    return Replied(replace(event.reply, parsed=event.reply.parse(model)))


def _entry(message: Any) -> Entry:
    parts = parts_of([message])
    return Entry(
        role=message.role,
        text=text_of(parts),
        parts=parts,
        created_at=dt.datetime.fromtimestamp(message.created_at, dt.UTC),
        message_id=message.id,
        run_id=message.run_id,
    )
