"""Compares the simulator with recorded sessions: the same requests, and every difference in the answers.

`reading` makes a session of a cassette, `history` says what it shows of each run, `timeline` when it happened,
`older` what there was before; `driving` asks the simulator the same, and `comparing` looks for differences.
"""
