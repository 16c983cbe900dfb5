"""Property tests of somebody's own run loop: drawn conversations, and what must hold in each of them.

tools           the functions of an app: their schemas, and their handlers where they are known
arguments       strategies for the arguments of a function, and for near misses
cases           a conversation as it is played: what is said, what the model answers, what goes wrong; as YAML, too
strategies      strategies for turns, scripts, faults and whole cases
evidence        what happened when a case was played, as the invariants read it
invariants      what must hold, each a function with the reason why
watchful_stage  where a case is played: gives an app time as long as something moves
driving         plays cases against an app
checking        `check_run_loop`
machine         `RunLoopMachine`, the same as a state machine to extend
hazards         the known ones, as a table: what the service does, the scenarios that show it, what judges it
adapting        the conversation of a scenario, with the functions that an app has
outliving       invariants for hazards: what must hold where it is known what goes wrong
verdicts        what a case says about an app: survived, misbehaved, hung, not applicable
battery         plays the hazards against an app
doctor          the same and drawn conversations, in a process of its own, with a report card
replaying       plays what was saved once more
reporting       what a failure says
"""
