"""The gate: which recorded answer a request may have, given what was asked and shown so far.

Replay by order lies about runs: a client that never submits its tool outputs still sees its run complete. Here an
answer waits for what it stood behind when it was recorded.

`paths`, `ids`, `bodies` and `outputs` read requests and answers. `topics` says what changes what. `preparing` makes a
`session` of a cassette, with the help of `chronology` and `tracking`; nothing changes it after. `progress` is how far
the client has come. `gate` decides, and names `obstacles`; `renaming` and `twins` serve identical creations in any
order; `misses` puts into words what stood in the way.
"""
