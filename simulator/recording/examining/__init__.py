"""What can be read off a cassette: its conversation, what is wrong with it, and what it becomes.

`conversation` is what was said and done, `gathering` reads it off the interactions; `order_replay` and
`wrong_clients` try what replay by order lets pass; `auditing`, `comparing`, `converting` and `distilling`
are what the commands of these names do.
"""
