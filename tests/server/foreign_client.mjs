// A program in another language: the official package polls, answers a tool call, and streams.
// Prints what it saw as one JSON line. The base URL is its argument.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "sk-test", maxRetries: 0 });
const { threads, assistants } = client.beta;
const weather = { type: "function", function: { name: "get_weather", parameters: { type: "object", properties: {} } } };
const assistant = await assistants.create({ model: "gpt-4o", tools: [weather] });
const thread = await threads.create({ messages: [{ role: "user", content: "Paris?" }] });

let run = await threads.runs.create(thread.id, { assistant_id: assistant.id });
const statuses = [run.status];
while (["queued", "in_progress", "requires_action"].includes(run.status)) {
  if (run.status === "requires_action") {
    const calls = run.required_action.submit_tool_outputs.tool_calls;
    const tool_outputs = calls.map((call) => ({ tool_call_id: call.id, output: `sunny in ${JSON.parse(call.function.arguments).city}` }));
    run = await threads.runs.submitToolOutputs(run.id, { thread_id: thread.id, tool_outputs });
  } else {
    run = await threads.runs.retrieve(run.id, { thread_id: thread.id });
  }
  if (statuses.at(-1) !== run.status) statuses.push(run.status);
}
const page = await threads.messages.list(thread.id, { limit: 1 });
const reply = page.data[0].content[0].text.value;

await threads.messages.create(thread.id, { role: "user", content: "Again?" });
let streamed = "";
const events = [];
const stream = threads.runs.stream(thread.id, { assistant_id: assistant.id });
stream.on("textDelta", (delta) => (streamed += delta.value));
stream.on("event", (event) => events.push(event.event));
await stream.finalRun();

let refused = null;
try {
  await threads.retrieve("thread_unknown");
} catch (error) {
  refused = [error.status, error.error.message];
}
console.log(JSON.stringify({ statuses, reply, streamed, last: events.at(-1), refused }));
