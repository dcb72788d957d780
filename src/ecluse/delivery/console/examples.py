"""Where example data may be sent: the first listener of a gateway of test, when it takes plain connections."""

from __future__ import annotations

from ecluse.delivery.console.settings import current
from ecluse.services.accounts.visitor import Visitor
from ecluse.services.deployment_view import current as deployment
from ecluse.services.queries.rates import last_message

RIGHT = "settings.write"


def listener() -> str:
    """HOST:PORT of that listener, or empty: a gateway of production takes no example, nor does one behind TLS."""
    first = next(iter(deployment().listeners), None)
    if current().environment != "test" or first is None or first.certificate:
        return ""
    return current().mllp


def nothing_received() -> bool:
    """Whether no sender ever sent anything: what is empty is so because the gateway is new."""
    return last_message() is None


def offered(visitor: Visitor) -> bool:
    """Whether this visitor may fill the gateway with example data: beside real messages, invented ones would stay."""
    return visitor.everywhere(RIGHT) and bool(listener()) and nothing_received()
