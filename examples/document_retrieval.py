"""Answer from documents, and say where it stands: file search with citations.

    python examples/document_retrieval.py handbook.md faq.md "How many days of leave are there?"

Runs against whatever OPENAI_BASE_URL and OPENAI_API_KEY name. What it uploads it deletes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import openai

from simulator.client import AssistantConfig, AssistantManager, ConversationHandler, FileManager


def ask(paths: Sequence[str], question: str) -> tuple[str, list[str]]:
    """Return the answer, and the names of the files that it cites."""
    client = openai.OpenAI()
    files, assistants = FileManager(client), AssistantManager(client)
    uploaded = {one.id: one.filename for one in (files.upload(path) for path in paths)}
    store = files.create_store("Documents", list(uploaded))
    assistant = assistants.create(
        AssistantConfig(
            model=os.environ.get("ASSISTANT_MODEL", "gpt-4o"),
            instructions="Answer from the documents only, and cite them.",
            tools=[{"type": "file_search"}],
            tool_resources={"file_search": {"vector_store_ids": [store.id]}},
        )
    )
    handler = ConversationHandler(client, assistant.id)
    try:
        reply = handler.send("reader", question)
        return reply.text, [uploaded.get(file_id, file_id) for file_id in reply.cited_files]
    finally:
        handler.forget("reader")
        assistants.delete(assistant.id)
        files.delete_store(store.id)
        for file_id in uploaded:
            files.delete(file_id)


def main(*arguments: str) -> None:
    """Ask about the files that are named, and print the answer with its sources."""
    *paths, question = arguments
    text, sources = ask(paths, question)
    print(text)
    print("Sources:", ", ".join(sources) or "none")


if __name__ == "__main__":
    main(*sys.argv[1:])
