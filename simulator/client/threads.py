"""Threads and the messages on them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import openai

from .ground import C, EitherWay, OnClient
from .policies import RunPolicy
from .requesting import Requests, all_of, without_retries
from .service import MARK


def new_request_id() -> str:
    """Return an id that no request had."""
    return uuid.uuid4().hex


def attachments_of(attachments: Iterable[str | Mapping[str, Any]], tools: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return attachments as the API takes them.

    Args:
        attachments: ids of files, which all `tools` may use; or what the API takes.
        tools: `file_search`, `code_interpreter`.
    """
    used = [{"type": one} for one in tools]
    return [{"file_id": one, "tools": used} if isinstance(one, str) else one for one in attachments]


class ThreadManager(OnClient[C]):
    """Threads. Sync on an `openai.OpenAI`; on an `openai.AsyncOpenAI` each method is awaited.

    Args:
        client: of the SDK. Requests that fail are sent again as `policy` says, and not as the client does.
        request_id: returns an id that no request had; by it what was made is found again when its answer is lost.
    """

    def __init__(
        self, client: C, *, policy: RunPolicy | None = None, request_id: Callable[[], str] = new_request_id
    ) -> None:
        super().__init__(client)
        self._client: Any = without_retries(client)
        self._ask = Requests(self._ground, policy or RunPolicy()).ask
        self._request_id = request_id

    @EitherWay
    async def create(
        self,
        messages: Sequence[Mapping[str, Any]] = (),
        *,
        metadata: Mapping[str, str] | None = None,
        tool_resources: Mapping[str, Any] | None = None,
    ) -> Any:
        """Begin a thread and return it.

        Where the answer is lost, another one is begun: threads cannot be listed, so nobody finds the first.
        """
        more = {"tool_resources": tool_resources} if tool_resources else {}
        return await self._ask(
            lambda: self._client.beta.threads.create(messages=list(messages), metadata=dict(metadata or {}), **more)
        )

    @EitherWay
    async def get(self, thread_id: str) -> Any:
        """Return a thread.

        Raises:
            ThreadGone: there is none of this id.
        """
        return await self._ask(lambda: self._client.beta.threads.retrieve(thread_id))

    @EitherWay
    async def update(self, /, thread_id: str, **changes: Any) -> Any:
        """Change metadata or tool resources of a thread, and return it."""
        return await self._ask(lambda: self._client.beta.threads.update(thread_id, **changes))

    @EitherWay
    async def delete(self, thread_id: str) -> bool:
        """Delete a thread; return whether there was one."""
        try:
            await self._ask(lambda: self._client.beta.threads.delete(thread_id))
        except openai.NotFoundError:
            return False
        return True

    @EitherWay
    async def add_message(
        self,
        thread_id: str,
        content: str | Sequence[Mapping[str, Any]],
        *,
        role: str = "user",
        attachments: Iterable[str | Mapping[str, Any]] = (),
        tools: Iterable[str] = ("file_search",),
        metadata: Mapping[str, str] | None = None,
    ) -> Any:
        """Add a message, once, and return it.

        Args:
            thread_id: where to.
            content: a text, or parts as the API takes them.
            role: `user` or `assistant`.
            attachments: ids of files, or what the API takes.
            tools: which tools may use the files that are given by their ids.
            metadata: to keep with it.

        Raises:
            ServiceError: it was refused; so is every message while a run is active. `ConversationHandler` waits for it.
        """
        mark = self._request_id()
        attached = attachments_of(attachments, tools)
        body = {"role": role, "content": content, "metadata": {**(metadata or {}), MARK: mark}}
        messages = self._client.beta.threads.messages
        return await self._ask(
            lambda: messages.create(thread_id, **body, **({"attachments": attached} if attached else {})),
            done=lambda: self._marked(thread_id, mark),
        )

    @EitherWay
    async def messages(self, thread_id: str, limit: int | None = None) -> Sequence[Any]:
        """Return the messages of a thread, oldest first: all of them, or the newest up to a limit."""
        page = await self._ask(
            lambda: self._client.beta.threads.messages.list(thread_id, order="desc", limit=min(limit or 100, 100))
        )
        return (await all_of(page, limit))[::-1]

    @EitherWay
    async def delete_message(self, thread_id: str, message_id: str) -> bool:
        """Delete a message; return whether there was one."""
        messages = self._client.beta.threads.messages
        try:
            await self._ask(lambda: messages.delete(message_id, thread_id=thread_id))
        except openai.NotFoundError:
            return False
        return True

    async def _marked(self, thread_id: str, mark: str) -> Any:
        page = await self._ask(lambda: self._client.beta.threads.messages.list(thread_id, order="desc", limit=20))
        return next((one for one in page.data if (one.metadata or {}).get(MARK) == mark), None)
