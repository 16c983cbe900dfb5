import pytest

from simulator.api.refusals import FAMILIES, parameters, states, surprises
from simulator.api.refusals.refusal import Refusal

CLASSES = [
    kind
    for family in FAMILIES
    for kind in vars(family).values()
    if isinstance(kind, type) and issubclass(kind, Refusal) and kind is not Refusal
]


def test_an_envelope_has_all_four_keys_in_order():
    assert Refusal("text", "param").envelope() == {
        "error": {"message": "text", "type": "invalid_request_error", "param": "param", "code": None}
    }
    assert list(Refusal("text").envelope()["error"]) == ["message", "type", "param", "code"]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_refusal_is_an_error_of_the_client(kind):
    assert 400 <= kind.status < 500
    assert kind.type == "invalid_request_error"


def test_what_the_test_is_to_blame_for_is_never_retried():
    blamed = {kind.__name__ for kind in CLASSES if issubclass(kind, surprises.Surprise)}
    assert blamed >= {"NotSimulated", "StubFailed", "NoTurnLeft"}
    assert {kind.__name__ for kind in CLASSES if kind.headers} == blamed


def test_one_refusals_code_does_not_leak_into_the_next():
    first = parameters.InvalidParameter("m", "p", "one")
    second = parameters.InvalidParameter("m", "p", "two")
    assert (first.code, second.code, parameters.InvalidParameter.code) == ("one", "two", None)


def test_the_two_quotes_of_the_service():
    assert states.OutputsNotAwaited("queued").message == 'Runs in status "queued" do not accept tool outputs.'
    assert states.CannotCancel("completed").message == "Cannot cancel run with status 'completed'."


def test_ids_are_listed_as_python_prints_them():
    message = states.WrongOutputs(["call_A", "call_B"], []).message
    assert message == "Expected tool outputs for call_ids ['call_A', 'call_B'], got []"
