"""What our own settings of a provider lead to, with what it publishes and how the last sign-in went. Pure."""

from collections.abc import Collection, Iterator
from typing import Final

from auth.expiry import Credential
from auth.provider_check import Finding, Published, fine, note, short, wrong
from auth.providers import ProofRule, Provider, StepUpRule
from auth.trust_health import RENEW, ending, groups_remedy
from core.permissions import Role
from store.trust import TrustState

_GRAPH: Final = "User.Read, and GroupMember.Read.All if that is not enough"


def judge_end(provider: Provider, credential: Credential, now: int) -> Finding:
    """Say when a secret or certificate ends."""
    kind, words = credential.kind, f"{ending(credential, now)}."
    check = f"{kind.capitalize()}'s end"
    if credential.problem:
        return wrong(check, f"{credential.problem}.", RENEW[kind])
    if credential.ends is None:
        remedy = f"Write secret_expires = 2027-01-31 under [providers.{provider.name}], with its last day."
        return note(check, f"the {kind} {words}", f"{remedy} Gatehouse then warns 30 days before.")
    if credential.ended(now):
        return wrong(check, f"the {kind} {words}", RENEW[kind])
    soon = credential.ends_soon(now)
    return note(check, f"the {kind} {words}", RENEW[kind]) if soon else fine(check, f"the {kind} {words}")


# --- sign-out -----------------------------------------------------------------------------------------


def judge_sign_out(provider: Provider, published: Published, public_url: str) -> Iterator[Finding]:
    """Say which addresses to register for signing out, here and there."""
    after = f"{public_url}/sign-out"
    if provider.sign_out == "none":
        yield note("Sign-out there", "the settings say none: who signs out here stays signed in there.")
    elif published.get("end_session_endpoint"):
        yield fine("Sign-out there", f"offered; register this post-logout redirect URI: {after}")
    else:
        yield note("Sign-out there", "not offered: who signs out here stays signed in there.")
    back = f"{public_url}/auth/{provider.name}/backchannel-logout"
    if published.get("backchannel_logout_supported"):
        yield fine("Sign-out from there", f"offered; register this back-channel logout URI: {back}")
    else:
        yield note(
            "Sign-out from there",
            "not offered: a session that ends there goes on here until its own end.",
            f"If the provider can do it all the same, register this back-channel logout URI: {back}",
        )


# --- groups and roles ---------------------------------------------------------------------------------


def judge_groups(provider: Provider, published: Published | None, state: TrustState) -> Iterator[Finding]:
    """Say whether groups come with a sign-in, without which nobody has a role."""
    check, named = "Groups", ", ".join(provider.groups)
    if not provider.groups:
        words = "no claim is named for them: who comes in by this provider has no role."
        yield note(check, words, _none(provider))
    elif state.lacking:
        yield wrong(check, f"the last sign-in brought none of: {state.lacking}.", groups_remedy(provider))
    elif state.good:
        yield fine(check, f"the last sign-in brought them ({named}).")
    else:
        yield _listed(provider, published, named)
    if provider.preset == "entra":
        yield _overage(provider)


def _none(provider: Provider) -> str:
    if provider.preset == "google":
        return "Google's tokens hold none: let people come by a provider that adds groups to Google's word."
    return f'Write groups = ["<the claim>"] under [providers.{provider.name}].'


def _listed(provider: Provider, published: Published | None, named: str) -> Finding:
    check, nobody = "Groups", "nobody has signed in yet"
    claims = (published or {}).get("claims_supported")
    if not isinstance(claims, list):
        return note(check, f"{nobody}, and nobody knows whether tokens will hold {named}.")
    if any(one in claims or one.partition(".")[0] in claims for one in provider.groups):
        return fine(check, f"{nobody}; the provider lists a claim that is expected ({named}).")
    words = f"{nobody}, and the provider does not list {named} among its claims (many list only a few)."
    return note(check, words, groups_remedy(provider))


def _overage(provider: Provider) -> Finding:
    if not provider.graph:
        words = "no address of Microsoft Graph: who is in more than 200 groups can't sign in."
        return note("Many groups", words, 'Write graph = "https://graph.microsoft.com/v1.0".')
    return note(
        "Many groups",
        f"Entra names none to who is in more than 200; {short(provider.graph)} is asked then.",
        f"Give the application the delegated permission {_GRAPH}, with an administrator's consent.",
    )


# --- the second factor --------------------------------------------------------------------------------


def judge_proof(provider: Provider, published: Published, strong: Collection[Role]) -> Finding:
    """Say whether roles that need a second factor can come in by this provider."""
    check, rule = "Second factor", provider.mfa
    roles = " and ".join(sorted(f"{role.value.capitalize()}s" for role in strong))
    if not strong:
        return note(check, "no role needs one (conditions.mfa_roles is empty).")
    if not (rule.acr or rule.amr or rule.acrs):
        return note(
            check,
            f"no rule says what shows one, so {roles} can't come in by this provider.",
            f'Write mfa = {{ ask_acr = "…", acr = ["…"] }} under [providers.{provider.name}] with the values '
            'that it uses, or amr = ["mfa"] where its tokens say that.',
        )
    return _asked(provider, published, f"shown by {_shown(rule)}")


def _shown(rule: ProofRule | StepUpRule) -> str:
    named = (("acr", rule.acr), ("amr", rule.amr), ("acrs", rule.acrs))
    return "; ".join(f"{name} {' or '.join(values)}" for name, values in named if values)


def _asked(provider: Provider, published: Published, words: str) -> Finding:
    check, rule = "Second factor", provider.mfa
    if not rule.asks:
        remedy = "Let the provider's own policy ask for it, or name what to ask for under mfa."
        return note(check, f"{words}, and not asked for: who comes without one is turned away.", remedy)
    known = published.get("acr_values_supported")
    if rule.ask_acr and isinstance(known, list) and known and rule.ask_acr not in known:
        listed = short(", ".join(map(str, known)))
        remedy = "A value that a provider does not know is ignored. Write one of these as mfa.ask_acr."
        return note(check, f"{words}; {rule.ask_acr} is asked for, and the provider knows {listed}.", remedy)
    if rule.ask_acrs and published.get("claims_parameter_supported") is False:
        return note(check, f"{words}; it is asked for by a claims request, which the provider does not take.")
    return fine(check, f"{words}, and asked for ({rule.ask_acr or rule.ask_acrs}).")


# --- acts ---------------------------------------------------------------------------------------------


def judge_step_up(provider: Provider, published: Published) -> Finding:
    """Say whether acts can be proved there, and whether the provider knows what it will be asked for."""
    check, how = "Proof of acts", provider.step_up
    if not how.offered:
        words = "the settings have no rule for it, so people who come by it prove acts by passkeys."
        return note(check, words)
    words = f"shown by {_shown(how.rule)}, after signing in anew"
    asked, known = how.request.acr_values.split(), published.get("acr_values_supported")
    if asked and isinstance(known, list) and known and not set(asked) <= set(map(str, known)):
        listed = short(", ".join(map(str, known)))
        remedy = "Write values of these as step_up.request.acr_values, and as step_up.rule.acr."
        return note(
            check, f"{words}; {' '.join(asked)} is asked for, and the provider knows {listed}.", remedy
        )
    by_claims = how.request.acrs or how.request.claims
    if by_claims and published.get("claims_parameter_supported") is False:
        return note(check, f"{words}; it is asked for by a claims request, which the provider does not take.")
    claims = published.get("claims_supported")
    if isinstance(claims, list) and "auth_time" not in claims:
        remedy = "Without auth_time in its ID tokens no answer proves anything: see that it is there."
        return note(check, f"{words}; the provider does not list auth_time among its claims.", remedy)
    return fine(check, f"{words}.")
