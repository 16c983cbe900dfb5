"""The doctor: plays the known hazards and drawn conversations against somebody's app, and writes a report card.

    from simulator.checks.doctor import examine

    card = examine("my_bot:reply")      # in a process of its own
    assert card.clean, card.findings

card        what is on the card; plain values, and the shape of its JSON
telling     from verdicts to what the card says
habits      what an app does with its process: clients, threads
examining   examines an app in this process
protocol    what the doctor and the process of the app say to each other
worker      that process
command     a program as the app, over a socket
processes   how processes are started and ended
isolation   starts it, reads it, ends it where it hangs, and says where it was
doctor      `Doctor` and `examine`
writing     the files beside a card: scenarios and timelines
"""

from .card import Diagnosis, Finding, Hang, ReportCard
from .doctor import Command, Doctor, examine

__all__ = ["Command", "Diagnosis", "Doctor", "Finding", "Hang", "ReportCard", "examine"]
