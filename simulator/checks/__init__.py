"""Property tests of somebody's own run loop: drawn conversations, and what must hold in each of them.

tools        the functions of an app: their schemas, and their handlers where they are known
arguments    strategies for the arguments of a function, and for near misses
cases        one conversation that is played: what is said, what the model answers, what goes wrong; as a scenario, too
strategies   strategies for turns, scripts, faults and whole cases
evidence     what happened when a case was played, as the invariants read it
invariants   what must hold, each a function with the reason why
driving      plays cases against an app
checking     `check_run_loop`
machine      `RunLoopMachine`, the same as a state machine to extend
hazards      the known ones, as a table: what the service does, the scenarios that show it, what judges it
adapting     the conversation of a scenario, with the functions that an app has
outliving    invariants for hazards: what must hold where it is known what goes wrong
battery      plays the hazards against an app
reporting    what a failure says
"""
