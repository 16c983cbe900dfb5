"""The client of this package, `simulator.client`, as its documentation begins."""

from __future__ import annotations

import openai

from simulator.client import AssistantConfig, ConversationHandler, FunctionRegistry

from .functions import INSTRUCTIONS, MODEL, get_weather, search_documents

registry = FunctionRegistry()
registry.register(get_weather)
registry.register(search_documents)


class App:
    """A handler keeps a thread for each user."""

    def __init__(self) -> None:
        assistant = AssistantConfig(model=MODEL, instructions=INSTRUCTIONS, functions=registry)
        self.conversations = ConversationHandler(openai.OpenAI(), assistant)

    def __call__(self, user_id: str, text: str) -> str:
        """Return the reply."""
        return str(self.conversations.send(user_id, text))
