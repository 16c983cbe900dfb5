"""Ask for the weather: a function that the model calls, for several cities at once.

Runs against whatever OPENAI_BASE_URL and OPENAI_API_KEY name:

    python examples/weather.py "Paris or London?"
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Literal

import openai

from simulator.client import AssistantConfig, ConversationHandler, FunctionError, FunctionRegistry, Retry

registry = FunctionRegistry()

# What a weather service would say.
STATIONS = {"paris": 22.0, "london": 17.5, "oslo": -3.0}


@dataclass
class Weather:
    """What the model is told."""

    location: str
    temperature: float
    unit: str


@registry.register(timeout=5, retry=Retry(on=ConnectionError))
def get_weather(location: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> Weather:
    """The weather at a place, now.

    Args:
        location: The city, in English.
        unit: Of the temperature.
    """
    celsius = STATIONS.get(location.lower())
    if celsius is None:
        raise FunctionError(f"There is no station in {location}.", stations=sorted(STATIONS))
    return Weather(location, celsius if unit == "celsius" else celsius * 9 / 5 + 32, unit)


def assistant() -> AssistantConfig:
    """Return what the assistant is like."""
    return AssistantConfig(
        model=os.environ.get("ASSISTANT_MODEL", "gpt-4o"),
        name="Weather",
        instructions="Answer in one sentence. Ask for the weather of all cities at once.",
        functions=registry,
    )


def main(text: str = "Is it warmer in Paris or in London?") -> str:
    """Ask once, and return the reply."""
    handler = ConversationHandler(openai.OpenAI(), assistant())
    reply = handler.send("somebody", text)
    for execution in reply.executions:
        print(f"{execution.call.name}({execution.call.arguments}) → {execution.output}")
    print(reply.text)
    return reply.text


if __name__ == "__main__":
    main(*sys.argv[1:])
