"""Proves a move: what a model is shown and what is done with its answers, written down, kept and compared.

record      what came of a conversation, as pydantic models that depend on no surface of the API
settings    the settings of a turn as they hold, with the defaults of the surface filled in
gathering   from a journal to a record
files       records in files: safe names, scrubbed, whole or not at all
validating  from a file to a model: errors with file and line
kinds       which kinds of difference there are, and why each matters
comparing   from two records to their differences: `views` in what was shown, `outcomes` in what came of it
tolerated   differences that are meant, each with its reason
report      differences as text
judging     which differences are meant
twins       one scenario played against two apps
suite       a baseline of a whole test suite
"""
