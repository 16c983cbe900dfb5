"""Recorded sessions: reading, writing, replaying and examining cassettes.

What a session is says `cassette`; how files hold it, `forms`, read without danger by `safe_yaml`. A session is
recorded by `capture`, over vcrpy, scrubbed by `scrubbing` and written by `writing`; it is replayed by `replayer`,
through the `gate`. `using` puts this around a block or a function, `marked` around a test.
"""
