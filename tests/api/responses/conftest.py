"""Small requests of the Responses API."""

from __future__ import annotations

import pytest

MODEL = {"model": "gpt-4o-mini"}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string"}, "unit": {"type": "string"}},
        "required": ["location"],
    },
}


@pytest.fixture
def ask(api):
    """Ask for a response that must succeed."""

    def ask(input="Hello?", **body):
        return api.made("/responses", {**MODEL, "input": input, **body})

    return ask


@pytest.fixture
def refuse(sim, api, refused):
    """Ask for a response that must be refused, and return the error."""

    def refuse(status=400, surprises=0, path="/responses", **body):
        return refused(lambda: api.post(path, body), status, surprises=surprises)

    return refuse


def output_for(call_id, output="22 °C"):
    """Return the item that answers a call."""
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def text_of(response):
    """Return what a response says."""
    return "".join(part["text"] for item in response["output"] if item["type"] == "message" for part in item["content"])
