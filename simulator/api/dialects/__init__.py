"""Other versions of the API: each reads requests into version 2, and shows the objects of version 2 as its own."""
