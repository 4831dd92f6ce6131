"""Why something happened or did not, as leaves tell it: closed lists of codes.

They are written into leaves that last for ever: add, never change or reuse one.
"""

from typing import Final

# What a device may give as a reason.
DEVICE_REASONS: Final = frozenset(
    {
        # access denied: ONVIF accesscontrol.wsdl, then what other makers tell apart
        "credential_not_enabled",
        "credential_not_active",
        "credential_expired",
        "credential_not_found",
        "invalid_pin",
        "not_permitted_at_this_time",
        "unauthorized",
        "antipassback",
        "interlock",
        "lockout",
        "door_locked",
        "other",
        # devices
        "power",
        "battery",
        "storage",
        "clock",
        "temperature",
        "rebooted",
    }
)
# Why a message was not taken for what it claims to be.
NOT_BELIEVED_REASONS: Final = frozenset(
    {
        # what there was too much of to read
        "unread",
        # feed: why a message was not understood
        "not_utf8",
        "not_json",
        "too_large",
        "too_deep",
        "too_many_names",
        "duplicate_name",
        "not_a_number",
        "lone_surrogate",
        "nul",
        "wrong_shape",
        "unknown_kind",
        "unknown_door",
        "unknown_topic",
        "unclaimed",
        "bad_time",
        # feed: what contradicts the topic
        "device_mismatch",
        "site_mismatch",
    }
)
# Why a device can't be asked for what an act wants, as the estate tells of it.
COMMAND_REASONS: Final = frozenset(
    {
        "takes_no_commands",
        "never_ends_by_itself",
        "no_relay",
        "opens_more",
        "state_untold",
        "unsafe_topic",
        "no_key",
        "key_revoked",
        "unfit_length",
        "touches_egress",
        "nothing_to_undo",
        "expired",
    }
)
# What a leaf may hold as a reason: a closed list, so that no device can write words into what is kept
# for ever.
REASONS: Final = (
    DEVICE_REASONS
    | NOT_BELIEVED_REASONS
    | COMMAND_REASONS
    | frozenset(
        {
            # what we find of devices
            "boot_went_back",
            # feed: why something is missing
            "sequence",
            "session_lost",
            "limited",
            # feed: what there was too much of
            "rate",
            "alarms",
            "rings",
            # people
            "signed_out",
            "idle",
            "absolute_end",
            "ended_by_self",
            "ended_by_admin",
            "restored",
            "replaced",
            "wrong_password",
            "locked_out",
            "disabled",
            "no_role",
            "accounts_off",
            "wrong_code",
            "code_used",
            "provider_logout",
            "ended_everywhere",
            # what spoke against a provider's answer, or against who came with it
            "not_this_browser",
            "replayed",
            "refused_there",
            "mixed_up",
            "code_refused",
            "unreadable",
            "bad_algorithm",
            "unknown_key",
            "bad_signature",
            "wrong_type",
            "wrong_issuer",
            "wrong_audience",
            "wrong_nonce",
            "expired",
            "not_yet_valid",
            "missing_claim",
            "no_logout_event",
            "wrong_tenant",
            "wrong_domain",
            "logged_out_there",
            "groups_unavailable",
            "not_proven",
            "unmanaged_device",
            "wrong_network",
            "misconfigured",
            "unreachable",
            # what spoke against a passkey, or against enrolling one
            "bad_answer",
            "no_challenge",
            "wrong_challenge",
            "wrong_origin",
            "wrong_party",
            "not_verified",
            "not_signed",
            "unknown_passkey",
            "other_person",
            "counter_went_back",
            "passkey_locked",
            "passkey_known",
            "enrolment_not_proven",
            "wrong_enrolment_code",
            "too_many_tries",
            # unlocks: what kept one from its good end
            "refused_by_device",
            "expired_there",
            "not_sent",
            "not_answered",
            "not_seen",
            "not_acknowledged",
            "not_connected",
            "not_listening",
            "not_sealed",
            "not_taken",
            "line_busy",
            "broker_away",
            "no_line",
            "in_progress",
            "no_room",
            # calls: what we find of them, and why a claim was given back without its holder
            "unattended",
            "session_over",
            # holds and lockdowns: why one ended, or is not what it was, or kept another act back
            "ended_by_person",
            "ended_there",
            "lease_over",
            "lockdown",
            "mode_lost",
            "not_told",
            "held",
            "locked_down",
            "not_held",
            "not_locked_down",
            "overridden",
            "ordered_later",
            "came_later",
            "door_gone",
            # proofs of acts
            "no_act",
            "no_proof",
            "same_person",
            "too_old",
            "weak_proof",
            # acts: what kept one that was asked for from being done
            "rules_changed",
            "withdrawn",
            "too_many_acts",
            "call_over",
            "call_elsewhere",
            "not_recorded",
            # exports
            "nothing_fits",
            "too_many_exports",
            "too_many_records",
            "not_built",
            "broken_off",
            "password_lost",
            "log_altered",
        }
    )
)
