"""Assistants: made, found again, changed, deleted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import openai

from .errors import ConfigurationError
from .ground import C, EitherWay, OnClient
from .policies import RunPolicy
from .registry import FunctionRegistry
from .requesting import Requests, all_of, without_retries

FINGERPRINT = "configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantConfig:
    """What an assistant is like; the fields are those of the API, and None leaves one out.

    Args:
        functions: whose functions are added to `tools`.
    """

    model: str
    name: str | None = None
    instructions: str | None = None
    description: str | None = None
    tools: Sequence[Mapping[str, Any]] = ()
    functions: FunctionRegistry | None = None
    tool_resources: Mapping[str, Any] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    temperature: float | None = None
    top_p: float | None = None
    response_format: Any = None
    reasoning_effort: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the configuration as the API takes it."""
        names = ("model", "name", "instructions", "description", "tool_resources", "temperature", "top_p")
        values = {name: getattr(self, name) for name in (*names, "response_format", "reasoning_effort")}
        tools = [*self.tools, *(self.functions.tools if self.functions is not None else ())]
        given = {key: value for key, value in values.items() if value is not None}
        return {**given, "tools": tools, "metadata": dict(self.metadata)}

    def fingerprint(self) -> str:
        """Return what is the same for the same configuration, and for no other."""
        text = json.dumps(self.body(), sort_keys=True, default=repr)
        return hashlib.sha256(text.encode(errors="replace")).hexdigest()


class AssistantManager(OnClient[C]):
    """Assistants. Sync on an `openai.OpenAI`; on an `openai.AsyncOpenAI` each method is awaited.

    Args:
        client: of the SDK. Requests that fail are sent again as `policy` says, and not as the client does.
    """

    def __init__(self, client: C, *, policy: RunPolicy | None = None) -> None:
        super().__init__(client)
        self._client: Any = without_retries(client)
        self._ask = Requests(self._ground, policy or RunPolicy()).ask
        self._known: dict[str, str] = {}  # fingerprint → id

    @EitherWay
    async def create(self, config: AssistantConfig) -> Any:
        """Make a new assistant and return it."""
        return await self._create(config)

    @EitherWay
    async def ensure(self, config: AssistantConfig) -> Any:
        """Return the assistant with this configuration, and make it if there is none yet.

        It is found by a fingerprint in its metadata; one that somebody changed is not it any more. Where two processes
        make it at once, both go on with the older one, and the other is deleted.
        """
        async with self._ground.turn("ensure"):
            fingerprint = config.fingerprint()
            found = await self._found(config, fingerprint)
            if found is None:
                made = await self._create(config)
                found = await self._search(config, fingerprint) or made
                if found.id != made.id:
                    await self._ask(lambda: self._client.beta.assistants.delete(made.id))
            self._known[fingerprint] = found.id
            return found

    @EitherWay
    async def get(self, assistant_id: str) -> Any:
        """Return an assistant.

        Raises:
            AssistantGone: there is none of this id.
        """
        return await self._ask(lambda: self._client.beta.assistants.retrieve(_id(assistant_id)))

    @EitherWay
    async def update(self, /, assistant_id: str, **changes: Any) -> Any:
        """Change fields of an assistant, named as in the API, and return it. `ensure` does not find it any more.

        Raises:
            AssistantGone: there is none of this id.
        """
        assistants = self._client.beta.assistants
        present = await self._ask(lambda: assistants.retrieve(_id(assistant_id)))
        metadata = dict(changes.pop("metadata", None) or present.metadata or {})
        metadata.pop(FINGERPRINT, None)
        self._known = {key: value for key, value in self._known.items() if value != assistant_id}
        return await self._ask(lambda: assistants.update(assistant_id, metadata=metadata, **changes))

    @EitherWay
    async def delete(self, assistant_id: str) -> bool:
        """Delete an assistant; return whether there was one."""
        self._known = {key: value for key, value in self._known.items() if value != assistant_id}
        try:
            await self._ask(lambda: self._client.beta.assistants.delete(_id(assistant_id)))
        except openai.NotFoundError:
            return False
        return True

    @EitherWay
    async def list(self, limit: int | None = None) -> Sequence[Any]:
        """Return the assistants, newest first, over all pages or up to a limit."""
        page = await self._ask(lambda: self._client.beta.assistants.list(order="desc", limit=min(limit or 100, 100)))
        return await all_of(page, limit)

    async def _create(self, config: AssistantConfig) -> Any:
        body = config.body()
        body["metadata"] = {**body["metadata"], FINGERPRINT: config.fingerprint()}
        return await self._ask(
            lambda: self._client.beta.assistants.create(**body),
            done=lambda: self._search(config, config.fingerprint()),
        )

    async def _found(self, config: AssistantConfig, fingerprint: str) -> Any:
        """Return the assistant with a fingerprint that is still as it was made; None where there is none."""
        known = self._known.get(fingerprint)
        if known is not None:
            try:
                assistant = await self._ask(lambda: self._client.beta.assistants.retrieve(known))
            except openai.NotFoundError:
                del self._known[fingerprint]
            else:
                if _is(assistant, config, fingerprint):
                    return assistant
        return await self._search(config, fingerprint)

    async def _search(self, config: AssistantConfig, fingerprint: str) -> Any:
        page = await self._ask(lambda: self._client.beta.assistants.list(order="asc", limit=100))
        return next((one for one in await all_of(page) if _is(one, config, fingerprint)), None)


def _is(assistant: Any, config: AssistantConfig, fingerprint: str) -> bool:
    if (assistant.metadata or {}).get(FINGERPRINT) != fingerprint:
        return False
    plain = ("model", "name", "instructions", "description")
    return all(getattr(assistant, name) == getattr(config, name) for name in plain)


def _id(assistant_id: str) -> str:
    if not isinstance(assistant_id, str) or not assistant_id.strip():
        raise ConfigurationError(f"{assistant_id!r} is no id of an assistant, such as 'asst_…'.")
    return assistant_id
