"""Every error that the API gives, as a class with its status, texts and codes; a file for each family.

Texts, `param` and `code` are those of assistants-api.md 5 and 1.3 to 1.5. Where a docstring says
"chosen", no text of the service is known.
"""

from __future__ import annotations

from . import access, addresses, bodies, lookups, parameters, responses, states, surprises

# In the order in which a request meets them; the surprises apart.
FAMILIES = (access, addresses, lookups, bodies, parameters, states, responses, surprises)
