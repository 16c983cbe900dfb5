"""Listings with cursors, beside a plain list that does the same naively."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.backend.store import Collection, Listing, PageRequest, Store, UnknownCursor


def item(id, created_at=1000, **fields):
    return {"id": id, "created_at": created_at, **fields}


def ids(items):
    return [one["id"] for one in items]


@pytest.fixture
def collection():
    """a to f, made in this order: b and c within one second, d later than what follows it."""
    collection = Collection()
    for id, created_at in (("a", 1), ("b", 2), ("c", 2), ("d", 9), ("e", 3), ("f", 4)):
        collection.add(item(id, created_at), "p")
    return collection


ASCENDING = "abcefd"


def page(collection, parent="p", keep=None, **wanted):
    got = collection.of(parent).page(PageRequest(**wanted), keep)
    return "".join(ids(got.data)), got.has_more


def test_the_order_is_time_then_insertion(collection):
    assert "".join(ids(collection.of("p"))) == ASCENDING
    assert "".join(ids(collection.of("p").newest_first())) == ASCENDING[::-1]
    assert page(collection) == (ASCENDING[::-1], False)
    assert page(collection, descending=False) == (ASCENDING, False)


@pytest.mark.parametrize(
    "wanted, expected",
    [
        ({"limit": 2}, ("df", True)),
        ({"limit": 6}, ("dfecba", False)),
        ({"limit": 5}, ("dfecb", True)),
        ({"limit": 2, "after": "f"}, ("ec", True)),
        ({"limit": 2, "after": "c"}, ("ba", False)),
        ({"limit": 2, "after": "a"}, ("", False)),
        ({"limit": 2, "before": "c"}, ("fe", True)),
        ({"limit": 9, "before": "c"}, ("dfe", False)),
        ({"limit": 3, "before": "c"}, ("dfe", False)),
        ({"limit": 2, "before": "d"}, ("", False)),
        ({"limit": 1, "after": "d", "before": "c"}, ("f", True)),
        ({"limit": 9, "after": "d", "before": "c"}, ("fe", False)),
        ({"limit": 9, "after": "c", "before": "d"}, ("", False)),
        ({"limit": 2, "descending": False}, ("ab", True)),
        ({"limit": 2, "descending": False, "after": "b"}, ("ce", True)),
        ({"limit": 2, "descending": False, "after": "f"}, ("d", False)),
        ({"limit": 2, "descending": False, "before": "f"}, ("ce", True)),
        ({"limit": 9, "descending": False, "before": "c"}, ("ab", False)),
        ({"limit": 1, "descending": False, "after": "a", "before": "e"}, ("b", True)),
    ],
)
def test_a_page_is_the_stretch_that_was_asked_for(collection, wanted, expected):
    assert page(collection, **wanted) == expected


@pytest.mark.parametrize("wanted", [{"after": "x"}, {"before": "x"}, {"after": "a", "before": "x"}])
def test_a_cursor_that_never_was_here_is_unknown(collection, wanted):
    with pytest.raises(UnknownCursor) as caught:
        page(collection, **wanted)
    assert caught.value.args == ("x",)


def test_whoever_deletes_while_paging_goes_on_where_he_was(collection):
    collection.remove("e", "p")
    assert page(collection, after="e") == ("cba", False)
    assert page(collection, before="e") == ("df", False)
    assert page(collection, descending=False, after="e") == ("fd", False)


def test_a_filter_counts_only_what_passes(collection):
    def even(one):
        return one["created_at"] % 2 == 0

    assert page(collection, keep=even, limit=2) == ("fc", True)
    assert page(collection, keep=even, limit=3) == ("fcb", False)
    assert page(collection, keep=even, limit=1, after="f") == ("c", True)
    assert page(collection, keep=lambda one: False) == ("", False)


def test_what_is_removed_is_gone_once(collection):
    assert collection.remove("c", "p") == item("c", 2)
    assert collection.remove("c", "p") is None
    assert collection.remove("never", "p") is None
    assert collection.remove("c", "nobody") is None
    assert collection.get("c", "p") is None
    assert len(collection) == 5


def test_parents_are_apart(collection):
    collection.add(item("z"), "q")
    assert ids(collection.of("q")) == ["z"]
    assert collection.get("z", "p") is None
    assert collection.get("z", "q") == item("z")
    assert len(collection) == 7
    assert len(collection.of("q")) == 1
    collection.drop("p")
    collection.drop("p")
    assert ids(collection) == ["z"]
    assert list(collection.of("p")) == []


def test_all_parents_together_are_in_order(collection):
    collection.add(item("z", 2), "q")
    assert "".join(ids(collection)) == "abczefd"


def test_the_listing_of_nobody_stays_empty(collection):
    collection.of("nobody").remove("a")
    assert len(collection.of("nobody")) == 0
    assert collection.of("nobody") is not collection.of("p")


def test_a_replacement_keeps_the_place_of_its_time(collection):
    old = collection.get("b", "p")
    new = collection.replace(item("b", 2, name="new"), "p")
    assert new is old  # whoever holds the object sees the new fields
    assert new == item("b", 2, name="new")
    assert "".join(ids(collection.of("p"))) == ASCENDING


def test_a_replacement_of_another_time_moves(collection):
    collection.replace(item("b", 99), "p")
    assert "".join(ids(collection.of("p"))) == "acefdb"
    assert page(collection, after="b", limit=1) == ("d", True)


def test_a_replacement_under_another_parent_leaves_the_first(collection):
    collection.replace(item("b", 2), "q")
    assert "".join(ids(collection.of("p"))) == "acefd"
    assert ids(collection.of("q")) == ["b"]


@pytest.mark.parametrize("created_at", [None, "yesterday", [], 0, 0.5])
def test_an_object_of_any_time_has_a_place(collection, created_at):
    collection.replace(item("odd", created_at), "p")
    assert "".join(ids(collection.of("p"))) == "oddabcefd"


def test_places_survive_a_file(collection):
    collection.remove("e", "p")
    collection.add(item("z"), "q")
    text = json.dumps(collection.to_json())
    again = Collection.from_json(json.loads(text))
    assert json.dumps(again.to_json()) == text
    assert page(again, after="e") == ("cba", False)
    assert ids(again) == ids(collection)
    assert again.add(item("new", 2), "p") in list(again.of("p"))
    assert page(again, descending=False, after="c", limit=1) == ("new", True)


def test_a_thread_goes_with_all_that_belongs_to_it():
    store = Store()
    for thread in ("t1", "t2"):
        store.threads.add(item(thread))
        store.messages.add(item(f"msg {thread}"), thread)
        store.runs.add(item(f"run {thread}"), thread)
        store.run_steps.add(item(f"step {thread}"), f"run {thread}")
    store.drop_thread("t1")
    for collection, left in (("threads", "t2"), ("messages", "msg t2"), ("runs", "run t2"), ("run_steps", "step t2")):
        assert ids(getattr(store, collection)) == [left]


def test_the_whole_store_survives_a_file():
    store = Store()
    store.files.add(item("file-1"))
    store.contents["file-1"] = b"\x89PNG\x00\xff"
    again = Store.from_json(json.loads(json.dumps(store.to_json())))
    assert again.contents == store.contents
    assert ids(again.files) == ["file-1"]


@given(st.lists(st.integers(0, 5), max_size=20), st.integers(1, 5), st.booleans())
def test_pages_in_a_row_are_the_whole_listing(times, limit, descending):
    listing = Listing()
    for number, time in enumerate(times):
        listing.add((time << 40) + number, item(str(number), time))
    whole, after = [], None
    while True:
        got = listing.page(PageRequest(limit=limit, descending=descending, after=after))
        whole += got.data
        if not got.has_more:
            break
        assert len(got.data) == limit
        after = got.data[-1]["id"]
    assert whole == (list(listing.newest_first()) if descending else list(listing))


def naive_page(rows, wanted, gone):
    """Page a list of (time, number, id); deleted rows are in `gone`, to find cursors."""
    known = sorted([*rows, *gone], reverse=wanted.descending)
    order = [id for _, _, id in known]
    low = order.index(wanted.after) + 1 if wanted.after else 0
    high = order.index(wanted.before) if wanted.before else len(order)
    stretch = [row[2] for row in known[low:high] if row in rows]
    if wanted.before and not wanted.after:
        return stretch[-wanted.limit :], len(stretch) > wanted.limit
    return stretch[: wanted.limit], len(stretch) > wanted.limit


class ListingBesideAList(RuleBasedStateMachine):
    """A collection with one parent, and a plain list that is sorted for each question."""

    @initialize()
    def begin(self):
        self.collection = Collection()
        self.rows, self.gone, self.number = [], [], 0

    def place(self, id, time):
        self.number += 1
        self.gone = [row for row in self.gone if row[2] != id]
        self.rows.append((time, self.number, id))

    @rule(time=st.integers(0, 4))
    def add(self, time):
        id = f"id{self.number}"
        self.collection.add(item(id, time), "p")
        self.place(id, time)

    @rule(data=st.data())
    def remove(self, data):
        row = data.draw(st.sampled_from(self.rows)) if self.rows else None
        removed = self.collection.remove(row[2] if row else "nothing", "p")
        assert (removed and removed["id"]) == (row and row[2])
        if row:
            self.rows.remove(row)
            self.gone.append(row)

    @rule(data=st.data(), time=st.integers(0, 4))
    def replace(self, data, time):
        known = [*self.rows, *self.gone]
        id = data.draw(st.sampled_from([row[2] for row in known])) if known else f"id{self.number}"
        self.collection.replace(item(id, time), "p")
        present = next((row for row in self.rows if row[2] == id), None)
        if present is None or present[0] != time:
            self.rows = [row for row in self.rows if row[2] != id]
            self.place(id, time)

    @rule()
    def save_and_load(self):
        self.collection = Collection.from_json(json.loads(json.dumps(self.collection.to_json())))

    @rule(data=st.data(), limit=st.integers(1, 4), descending=st.booleans())
    def ask_for_a_page(self, data, limit, descending):
        cursor = st.sampled_from([None, *(row[2] for row in [*self.rows, *self.gone])])
        wanted = PageRequest(limit=limit, descending=descending, after=data.draw(cursor), before=data.draw(cursor))
        got = self.collection.of("p").page(wanted)
        assert (ids(got.data), got.has_more) == naive_page(self.rows, wanted, self.gone)

    @invariant()
    def the_same_objects_in_the_same_order(self):
        expected = [id for _, _, id in sorted(self.rows)]
        assert ids(self.collection.of("p")) == expected
        assert [self.collection.get(id, "p")["id"] for id in expected] == expected
        assert all(self.collection.get(id, "p") is None for _, _, id in self.gone)


TestListingBesideAList = ListingBesideAList.TestCase
