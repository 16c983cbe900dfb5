"""What is listed: objects in the order in which they were made."""

from __future__ import annotations

from tests.reference import shapes


class UnknownCursor(Exception):
    """No object with this id was ever here."""


class Shelf:
    """Objects of one kind; one that is removed still marks a place for cursors."""

    def __init__(self, noun, items=()):
        self.noun, self.all, self.gone = noun, list(items), []

    def __iter__(self):
        return (one for one in self.all if not any(one is other for other in self.gone))

    def add(self, item):
        self.all.append(item)
        return item

    def remove(self, item):
        self.gone.append(item)
        return item

    def get(self, id):
        return next((one for one in self if one["id"].text == id), None)

    def page(self, query, keep=None):
        """Return the page: after one, before one, or, without `after`, the last before one."""
        limit, after, before = query.get("limit", 20), query.get("after"), query.get("before")
        ordered = self.all if query.get("order") == "asc" else self.all[::-1]
        places = {one["id"].text: place for place, one in enumerate(ordered)}
        for cursor in (after, before):
            if cursor is not None and cursor not in places:
                raise UnknownCursor(cursor)
        first = 0 if after is None else places[after] + 1
        last = len(ordered) if before is None else places[before]
        present = list(self)
        found = [
            one for one in ordered[first:last] if any(one is other for other in present) and (keep is None or keep(one))
        ]
        backwards = before is not None and after is None
        shown = found[-limit:] if backwards else found[:limit]
        return shapes.page(shown, has_more=len(found) > limit)
