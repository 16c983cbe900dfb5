"""Recorded sessions: reading, writing, replaying and examining cassettes.

`cassette` is what a session is, `forms` how files hold it, `safe_yaml` how they are read without danger.
"""
