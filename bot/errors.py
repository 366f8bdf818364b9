"""Every error the project raises, as one tree.

XiaolabaError
├── SettingsError        the start is refused; the text names every fault at once
├── ContractError        a handler, platform or noun breaks its contract; the start is refused
├── CallError            a webhook call is not believed
│   ├── Unauthorized     unsigned, forged or stale: 401
│   └── Malformed        signed, perhaps, but not what the service sends: 400
├── SendError            a text did not go out
│   ├── RetryLater       not accepted, safe to repeat
│   ├── Rejected         will never be accepted
│   └── Unknown          written, no answer: may have arrived
├── StorageError         the database would not take it; nothing of the unit was written
└── RuleError            a rule of the community says no; the text is for the person who asked
"""

from datetime import timedelta


class XiaolabaError(Exception):
    """The root of the tree."""


class SettingsError(XiaolabaError):
    """The settings are wrong; the text names each fault on its own line, in Chinese."""


class ContractError(XiaolabaError):
    """A module found by folder does not keep its contract."""


class CallError(XiaolabaError):
    """A webhook call that is not answered with success."""


class Unauthorized(CallError):
    """The call is unsigned, forged or stale."""


class Malformed(CallError):
    """The call is not in the form the service documents."""


class SendError(XiaolabaError):
    """A text that did not go out; the text of the error never holds a secret."""


class RetryLater(SendError):
    """Not accepted and safe to repeat: refused connection, "too fast", 5xx before the body."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        """Repeat *after* that long; None leaves the pause to the queue."""
        super().__init__(reason)
        self.after = after


class Rejected(SendError):
    """An answer that will never change: unknown chat, text refused, window closed for good."""


class Unknown(SendError):
    """Written and not answered; whoever must not repeat it has to ask a person."""


class StorageError(XiaolabaError):
    """The database did not commit; nothing of the unit of work is there."""


class RuleError(XiaolabaError):
    """A rule of the community refuses; the text is a sentence for whoever asked."""
