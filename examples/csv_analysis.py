"""Analyse a table, and keep the chart: the code interpreter, a streamed reply, and an image.

    python examples/csv_analysis.py sales.csv "Draw the sales by month."

Runs against whatever OPENAI_BASE_URL and OPENAI_API_KEY name. The chart is written beside the table.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import openai

from simulator.client import AssistantConfig, ConversationHandler, FileManager, Replied, TextDelta


def analyse(table: Path, request: str) -> list[Path]:
    """Print the reply as it comes, and return the charts."""
    client = openai.OpenAI()
    files = FileManager(client)
    uploaded = files.upload(table)
    config = AssistantConfig(
        model=os.environ.get("ASSISTANT_MODEL", "gpt-4o"),
        name="Analyst",
        instructions="Analyse the table with Python. Draw charts where they help.",
        tools=[{"type": "code_interpreter"}],
    )
    handler = ConversationHandler(client, config)
    charts: list[Path] = []
    for event in handler.stream("analyst", request, attachments=[uploaded.id], tools=["code_interpreter"]):
        if isinstance(event, TextDelta):
            print(event.text, end="", flush=True)
        elif isinstance(event, Replied):
            print()
            for number, image in enumerate(event.reply.images, start=1):
                chart = table.with_name(f"{table.stem}-{number}.png")
                chart.write_bytes(files.content(str(image.file_id)))
                charts.append(chart)
    files.delete(uploaded.id)
    return charts


def main(table: str, request: str = "What stands out? Draw it.") -> None:
    """Analyse a table, and say where the charts are."""
    for chart in analyse(Path(table), request):
        print("Chart:", chart.name)


if __name__ == "__main__":
    main(*sys.argv[1:])
