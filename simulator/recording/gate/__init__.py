"""The gate: which recorded answer a request may have, given what was asked and shown so far.

Replay by order lies about runs: a client that never submits its tool outputs still sees its run complete. Here an
answer waits for what it stood behind when it was recorded. `paths` and `ids` read requests and answers; `topics` says
what changes what; `session` is a cassette prepared, which nothing changes; `progress` is how far the client has come;
`gate` decides; `renaming` serves identical creations in any order; `bodies` and `outputs` compare what was sent;
`misses` says what was missing.
"""
