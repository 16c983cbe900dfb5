"""Conversations in YAML: what people say, what the model answers, what goes wrong, and what is expected.

schema       the language, as pydantic models; its JSON Schema is made from them
mistakes     what is wrong in a file, with line and nearest key
loading      from a file to a `Scenario`: errors with line and nearest key, parameters filled in; and back
expecting    compares what happened with what a step expects
plain_loop   the run loop that plays a scenario where no app is named; plain_requests, plain_stream and
             plain_replies are its parts
plain_responses  the same loop on the Responses API
performance  one playing: its stage, its steps, what came of it
watchdog     ends an app that never returns
apps         the app that plays, by its name
directing    leads a program in another process through a scenario
playing      plays a scenario against an app
distilling   a recorded session as a scenario; distilled_runs and distilled_tools are its parts
"""
