"""The errors of the protocol, one class for each scope that an error ends.

AmqpError
├── ConnectionFault     the connection is closed
│   └── DecodeFault     … because bytes are not what their type says
├── SessionFault        the session is ended
└── LinkFault           the link is detached, or a delivery rejected
"""

# Conditions of the standard (OASIS AMQP 1.0, part 2, section 2.8) and of Event Hubs.
CONNECTION_FORCED = "amqp:connection:forced"
DECODE_ERROR = "amqp:decode-error"
FRAMING_ERROR = "amqp:connection:framing-error"
INTERNAL_ERROR = "amqp:internal-error"
INVALID_FIELD = "amqp:invalid-field"
LINK_STOLEN = "amqp:link:stolen"
MESSAGE_SIZE_EXCEEDED = "amqp:link:message-size-exceeded"
NOT_ALLOWED = "amqp:not-allowed"
NOT_FOUND = "amqp:not-found"
NOT_IMPLEMENTED = "amqp:not-implemented"
RESOURCE_LIMIT_EXCEEDED = "amqp:resource-limit-exceeded"
HANDLE_IN_USE = "amqp:session:handle-in-use"
UNATTACHED_HANDLE = "amqp:session:unattached-handle"
WINDOW_VIOLATION = "amqp:session:window-violation"
TRANSFER_LIMIT_EXCEEDED = "amqp:link:transfer-limit-exceeded"
ARGUMENT_ERROR = "com.microsoft:argument-error"
ARGUMENT_OUT_OF_RANGE = "com.microsoft:argument-out-of-range"


class AmqpError(Exception):
    """What the peer is told: a condition (a symbol that programs compare) and a sentence for people."""

    def __init__(self, condition: str, description: str) -> None:
        super().__init__(f"{condition}: {description}")
        self.condition = condition
        self.description = description


class ConnectionFault(AmqpError):
    """The connection can't go on."""


class DecodeFault(ConnectionFault):
    """Bytes that aren't a value of the type they claim to be."""

    def __init__(self, description: str) -> None:
        super().__init__(DECODE_ERROR, description)


class SessionFault(AmqpError):
    """The session can't go on; the connection can."""


class LinkFault(AmqpError):
    """The link, or one delivery on it, is refused; the session can go on."""
