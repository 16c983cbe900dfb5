"""The careful loop on asyncio, with a client that lives as long as it does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time

import openai

from .careful import ACTIVE, PATIENCE, TOOLS, Careful, RunEnded


class Asynchronous:
    def __init__(self, functions):
        self.functions = functions
        self.client = openai.AsyncOpenAI()
        self.assistant_id = None
        self.threads = {}

    @property
    def runs(self):
        return self.client.beta.threads.runs

    async def __call__(self, user_id, text):
        if self.assistant_id is None:
            self.assistant_id = (await self.client.beta.assistants.create(model="gpt-4o", tools=TOOLS)).id
        if user_id not in self.threads:
            self.threads[user_id] = (await self.client.beta.threads.create()).id
        thread_id = self.threads[user_id]
        messages = self.client.beta.threads.messages
        await self.patiently(lambda: messages.create(thread_id, role="user", content=text))
        run = await self.patiently(lambda: self.runs.create(thread_id, assistant_id=self.assistant_id))
        try:
            run = await self.followed(run)
        except Exception:
            await self.cancel(run.id, thread_id)
            raise
        if run.status != "completed":
            raise RunEnded(f"{run.id} is {run.status}")
        return await self.reply_of(run)

    async def patiently(self, attempt):
        begun = time.monotonic()
        while True:
            try:
                return await attempt()
            except openai.BadRequestError as error:
                holder = re.search(r"run (run_\w+)", str(error))
                if holder is None or "active" not in str(error) or time.monotonic() - begun > PATIENCE:
                    raise
                await self.cancel(holder[1], re.search(r"thread_\w+", str(error))[0])
                await asyncio.sleep(1)

    async def cancel(self, run_id, thread_id):
        with contextlib.suppress(openai.APIError):
            await self.runs.cancel(run_id, thread_id=thread_id)

    async def followed(self, run):
        begun = time.monotonic()
        while run.status in (*ACTIVE, "requires_action"):
            if run.status == "requires_action":
                run = await self.answered(run)
            elif time.monotonic() - begun > PATIENCE:
                raise TimeoutError(f"{run.id} takes too long")
            else:
                await self.pause()
                run = await self.runs.retrieve(run.id, thread_id=run.thread_id)
        return run

    async def pause(self):
        await asyncio.sleep(1)

    async def answered(self, run):
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = await asyncio.gather(*map(self.output, calls))
        answers = [{"tool_call_id": call.id, "output": output} for call, output in zip(calls, outputs, strict=True)]
        try:
            return await self.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=answers)
        except openai.BadRequestError as error:
            if "do not accept tool outputs" not in str(error):
                raise
            return await self.runs.retrieve(run.id, thread_id=run.thread_id)

    async def output(self, call):
        function = self.functions.get(call.function.name)
        if function is None:
            return json.dumps({"error": f"There is no function {call.function.name!r}."})
        try:
            result = function(**json.loads(call.function.arguments))
        except Exception as error:  # noqa: BLE001  # whatever it is, the model is told
            return json.dumps({"error": f"{type(error).__name__}: {error}"})
        return result if isinstance(result, str) else json.dumps(result)

    async def reply_of(self, run):
        page = await self.client.beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc")
        parts = [part for message in page.data for part in message.content]
        return "\n".join(Careful.text_of(self, part) for part in parts).strip()
