"""What is said of the reasons in records of acts at doors: what kept an unlock from its good end."""

from collections.abc import Mapping
from typing import Final

ACTS: Final[Mapping[str, tuple[str, str]]] = {
    "refused_by_device": ("Refused by the device", "It has the command and did not do it."),
    "expired_there": ("Too old at the device", "It came after its time; nothing opens late."),
    "not_sent": ("Never sent", "It was asked for, and ran out before it could be sent."),
    "not_answered": ("No answer", "The device said nothing in time. Look before you try again."),
    "not_seen": ("Not seen to open", "The device has accepted, and the door did not show it in time."),
    "not_acknowledged": ("Not acknowledged", "The broker did not say in time that it has the command."),
    "not_connected": ("Device not connected", "The device was not there to take a command."),
    "not_listening": ("Gatehouse was not listening", "No answer could have been heard, so nothing was sent."),
    "not_taken": ("Refused by the broker", "The broker did not take the command, so nothing was sent."),
    "in_progress": ("Unlock under way", "Somebody is unlocking this door already: one command at a time."),
    "no_room": ("Disk full", "What happens might not be recorded, so nothing was sent."),
    "no_act": ("Nothing to prove", "It was used, has expired, or is another session's or door's."),
    "same_person": ("The same person", "A second person has to approve it; this was the one who asked."),
    "too_old": ("Signed in too early", "The provider's answer is not from after this act was asked for."),
    "weak_proof": ("Too weak a proof", "The provider did not say that what it was asked for was shown."),
    "rules_changed": ("Rules changed", "More people must prove it now than when it was asked for."),
    "withdrawn": ("Withdrawn", "Who asked for it took it back, so nothing was sent."),
    "too_many_acts": ("Too many at once", "Too many acts of this session wait for a proof."),
    "not_recorded": ("Could not be recorded", "The store did not take it, so nothing was begun."),
    "no_proof": ("No means of proof", "This person has nothing that proves an act."),
    "takes_no_commands": ("Takes no commands", "Devices of this kind can't be asked for anything here."),
    "never_ends_by_itself": ("Would not end", "The device would not end this by itself, so it is not asked."),
    "no_relay": ("No lock named", "The estate does not say which one part of the device opens this door."),
    "opens_more": ("Would open more", "The same command would open other doors too."),
    "state_untold": ("State not told", "Nothing would tell whether the door was opened."),
    "unsafe_topic": ("No plain topic", "The device's topic could reach others, so nothing is sent there."),
    "unfit_length": ("Length does not fit", "The device can't time so short or so long an opening."),
    "key_revoked": ("Keys revoked", "The keys of this device are revoked: nothing is sent to it."),
    "no_line": ("No account for commands", "None is set up at the broker, so nothing can be sent."),
    "no_key": ("No key for the device", "No command can be signed: issue one by `estate key issue`."),
}
