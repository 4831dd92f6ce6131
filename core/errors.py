"""Every error of Gatehouse, in one tree.

GatehouseError
├── StartRefused         something on this machine that must not be started with
├── Invalid              something asked for that makes no sense; says what to write instead
│   ├── EstateInvalid
│   ├── PolicyInvalid
│   └── FilterInvalid    a word in a URL that filters by nothing
├── NotPermitted         the person may not do this (also: absent, the answer is the same)
├── SignInRefused        name, password or lockout; the words never tell which
│   └── IdentityRefused  what a provider says, or who comes with it, is not believed; says why
├── ProofRefused         what was shown as proof of an act or an enrolment; carries a reason code
├── ActRefused           an act that may not begin now, by somebody who may do it; carries a reason code
├── TokenRefused         a token that a provider is said to have signed; carries a reason code
├── ProviderError
│   ├── ProviderUnreachable   no answer, or none in time: trying again may help
│   └── ProviderMisconfigured it answers, and what it says can't be worked with
├── BadMessage           bytes of a device that can't be understood; carries a reason code
├── StoreError
│   ├── StoreUnavailable the store did not answer in time, or can't be opened
│   ├── StoreFull        no room left
│   ├── DiskNearlyFull   room for records only: acts are refused
│   ├── StoreDamaged     the medium or the file is broken
│   └── StoreRefused     what was to be written contradicts what is there: again is as wrong
├── LedgerError
│   ├── ProofWrong       a key, a note or a proof of the log that is malformed, or proves nothing
│   └── LogAltered       the log is not what was sealed: nothing more is sealed until somebody says why
├── Undelivered          a checkpoint that did not get to one of its destinations; names no secret
│   └── Contradicted     what was delivered there before is of another past than the log has now
├── CommandImpossible    this device, as the estate tells of it, can't be asked for this; carries a reason
├── AlreadyRunning       another process holds this data folder or lease
├── BrokerError
│   ├── BrokerMissing    no broker is configured and none can be started
│   └── BrokerUnreachable
└── OutcomeUnknown       it may or may not have happened: never success, never failure
"""

from collections.abc import Mapping


class GatehouseError(Exception):
    """The root: `str(error)` is a sentence fit for the person who sees it."""


class StartRefused(GatehouseError):
    """Something beside the settings that Gatehouse refuses to start with; names what to do."""


class Invalid(GatehouseError):
    """Input that can't be meant, with what to write instead."""


class EstateInvalid(Invalid):
    """An estate document that can't be imported: table, ordinal, id and remedy."""


class PolicyInvalid(Invalid):
    """A policy document that can't be applied."""


class FilterInvalid(Invalid):
    """A filter of the log that can't be meant; `what` names the part of the query."""

    def __init__(self, what: str, text: str) -> None:
        """Keep the name apart, so that a page can drop that part alone."""
        super().__init__(text)
        self.what = what


class NotPermitted(GatehouseError):
    """Forbidden or absent; a caller can't tell which."""


class Unrecorded(GatehouseError):
    """Nothing is shown: that somebody read it could not be recorded."""


class SignInRefused(GatehouseError):
    """A sign-in that failed, in words that don't tell which part was wrong."""


class IdentityRefused(SignInRefused):
    """A sign-in through a provider that is refused; `reason` is a code of `records.REASONS`."""

    def __init__(self, reason: str, text: str) -> None:
        """Keep the code apart from the words, which are for the person."""
        super().__init__(text)
        self.reason = reason


class ProofRefused(GatehouseError):
    """A proof that does not count; `reason` is a code of `records.REASONS`."""

    def __init__(self, reason: str, text: str) -> None:
        """Keep the code apart from the words, which are for the person."""
        super().__init__(text)
        self.reason = reason


class ActRefused(GatehouseError):
    """An act that was not begun, and why; `reason` is a code of `records.REASONS`.

    `told` is what a screen may say besides, by names of the interface.
    """

    def __init__(self, reason: str, text: str, told: Mapping[str, object] | None = None) -> None:
        """Keep the code apart from the words, which are for the person."""
        super().__init__(text)
        self.reason = reason
        self.told = {} if told is None else dict(told)


class CallRefused(GatehouseError):
    """A wish about a call that can't be granted now; `reason` is a word of the interface."""

    def __init__(self, reason: str, text: str) -> None:
        """Keep the word apart from the sentence, which is for the person."""
        super().__init__(text)
        self.reason = reason


class TokenRefused(GatehouseError):
    """A token that is not believed; `reason` is a code of `records.REASONS`."""

    def __init__(self, reason: str, text: str) -> None:
        """Keep the code apart from the words, which are for an administrator."""
        super().__init__(text)
        self.reason = reason


class ProviderError(GatehouseError):
    """An identity provider that can't be used now."""


class ProviderUnreachable(ProviderError):
    """It did not answer, or not in time."""


class ProviderMisconfigured(ProviderError):
    """It answered, and its answer and our settings don't fit each other."""


class BadMessage(GatehouseError):
    """A message that a device family can't understand; `reason` is a code of `records.REASONS`."""

    def __init__(self, reason: str, text: str = "") -> None:
        """Keep the code apart from the words, since only the code may enter a leaf."""
        super().__init__(text or reason)
        self.reason = reason


class StoreError(GatehouseError):
    """The store could not do what was asked; nothing of it was kept."""


class StoreUnavailable(StoreError):
    """Busy beyond the wait, or not there: trying again may help."""


class StoreFull(StoreError):
    """The disk is full: trying again helps once there is room."""


class DiskNearlyFull(StoreError):
    """There is room for records only: an act is refused, since its record might be lost."""


class StoreDamaged(StoreError):
    """An I/O error or a malformed file: trying again on this handle is wrong."""


class StoreRefused(StoreError):
    """What was to be written contradicts what is there: trying again changes nothing."""


class NotSealed(StoreUnavailable):
    """What was recorded is not sealed in time: trying again helps once it is."""


class LedgerError(GatehouseError):
    """The seals of the log do not hold together."""


class ProofWrong(LedgerError):
    """What was shown as a key, a signed note or a path does not prove what it is to prove."""


class LogAltered(LedgerError):
    """The log lacks what was sealed, or holds something else in its place."""


class Undelivered(GatehouseError):
    """A checkpoint that did not get to where it is sent; the words name neither addresses nor secrets."""


class Contradicted(Undelivered):
    """What was delivered before, of `size` leaves, is not what the log has: it was cut, or is another one."""

    def __init__(self, size: int, text: str) -> None:
        """Keep the number of leaves apart from the words."""
        super().__init__(text)
        self.size = size


class CommandImpossible(GatehouseError):
    """A command that can't be put to this device, or may not: nothing was sent; `reason` is a code."""

    def __init__(self, reason: str, text: str) -> None:
        """Keep the code apart from the words, since only the code may enter a leaf."""
        super().__init__(text)
        self.reason = reason


class AlreadyRunning(GatehouseError):
    """Another live process holds what was asked for; `pid` is its process id."""

    def __init__(self, text: str, pid: int) -> None:
        """Carry the holder's pid, so that a supervisor can show it."""
        super().__init__(text)
        self.pid = pid


class BrokerError(GatehouseError):
    """The MQTT broker is not usable."""


class BrokerMissing(BrokerError):
    """No broker is configured and no mosquitto binary is there to start one."""


class BrokerUnreachable(BrokerError):
    """The broker did not answer or refused the principal."""


class LineBusy(BrokerError):
    """Nothing was sent: others were sending until it was too late."""


class Withheld(GatehouseError):
    """Nothing was sent: when its turn came, it was not to be sent any more."""


class OutcomeUnknown(GatehouseError):
    """Sent, but nobody can say whether it happened."""
