"""What the model was shown stays what it was, whatever becomes of the messages."""

from simulator import say


def test_a_message_that_is_placed_anew_or_deleted_is_shown_so_from_then_on(sim, api, world):
    sim.script(say("One."), say("Two."), say("Three."))
    assistant, thread = world.assistant(), world.thread()
    first = api.made(f"/threads/{thread}/messages", {"role": "user", "content": "first"})

    def run():
        api.made(f"/threads/{thread}/runs", {"assistant_id": assistant})
        sim.clock.advance(60)

    run()
    sim.put("messages", {**first, "content": "changed"})
    run()
    api.delete(f"/threads/{thread}/messages/{first['id']}")
    run()
    assert [view.messages for view in sim.views] == [
        [("user", "first")],
        [("user", "changed"), ("assistant", "One.")],
        [("assistant", "One."), ("assistant", "Two.")],
    ]
