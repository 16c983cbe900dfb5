"""The program of tests/test_seed_program.py, as its author left it: its handler of conversations."""

from __future__ import annotations

import importlib.util
import logging
import sys
from pathlib import Path
from types import ModuleType

PROGRAM = Path(__file__).resolve().parents[3].parent / "shared" / "seed" / "assistant_program.py"


def loaded() -> ModuleType:
    """Return the program as a module."""
    spec = importlib.util.spec_from_file_location("assistant_program", PROGRAM)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # dataclasses look there
    spec.loader.exec_module(module)
    logging.getLogger().setLevel(logging.CRITICAL)
    return module


program = loaded()


class App:
    """Its handler, with the assistant that its `main` makes."""

    def __init__(self) -> None:
        manager = program.AssistantManager()
        config = program.AssistantConfig(
            name="Enterprise Assistant",
            instructions="You are a helpful enterprise assistant.",
            tools=program.registry.get_tool_definitions(),
        )
        self.assistant = manager.create_assistant(config)
        self.handler = program.ConversationHandler(manager, program.registry)

    async def __call__(self, user_id: str, text: str) -> str:
        """Return the reply."""
        return await self.handler.send_message(self.assistant.id, user_id, text)
