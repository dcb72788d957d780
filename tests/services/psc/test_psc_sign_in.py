"""People sign in at a certified provider in the shape of Pro Santé Connect, by the whole code flow."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from ecluse.protocols.oidc import OidcError
from ecluse.services.psc import sign_in
from ecluse.services.psc.providers import Provider, offered, provider_of, use
from ecluse.services.psc.sign_in import SignedIn
from ecluse.services.psc.situations import situations
from tests.services.psc.conftest import MakeGateway, now, settings_for
from tests.services.psc.provider import DOCTOR, NURSE, Browser, TestedProvider, running


def signed_in(provider: Provider, person: str = "medecin", **how: Any) -> SignedIn:
    """A whole sign-in."""
    session: dict[str, Any] = {}
    query = Browser().sign_in(sign_in.begin(provider, session, now(), **how), person)
    return sign_in.finish(provider, session, query, now())


def refused(provider: Provider, person: str = "medecin", **how: Any) -> str:
    """Code with which a whole sign-in is refused."""
    with pytest.raises(OidcError) as caught:
        signed_in(provider, person, **how)
    return caught.value.code


def test_doctor_signs_in(gateway: MakeGateway) -> None:
    told = signed_in(gateway(), after="/patients/")
    assert (told.rpps, told.account, told.after) == (DOCTOR, "", "/patients/")
    assert told.subject.endswith(f":8{DOCTOR}")
    assert (told.professional.family_name, told.professional.given_name) == ("ESSAI-CASSIN", "Violette")
    assert told.means.factors == ("known", "held") and told.means.level == "substantial"
    assert told.means.acr == "eidas1" and abs(told.means.authenticated - now()) < 60
    assert told.tokens.refresh and told.tokens.expires == 300


def test_browser_is_sent_to_the_announced_host_with_what_is_required(gateway: MakeGateway) -> None:
    address = urlsplit(sign_in.begin(gateway(), {}, now()))
    asked = parse_qs(address.query)
    assert (address.hostname, address.path) == ("127.0.0.1", "/wallet/auth")  # the issuer is at localhost
    assert asked["acr_values"] == ["eidas1"] and asked["scope"] == ["openid scope_all"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


def test_provider_that_requires_a_level_refuses_a_gateway_that_asks_for_none(gateway: MakeGateway) -> None:
    assert refused(gateway(acr_values="")) == "answer-error"


def test_person_with_several_situations_has_them_to_choose_from(gateway: MakeGateway) -> None:
    told = signed_in(gateway(), "infirmiere")
    assert told.rpps == NURSE
    found = situations(told.professional)
    assert [(one.id, one.profession, one.structure, one.finess) for one in found] == [
        ("0.0", "60", "HÔPITAL DU SAS", "0B0000030"),
        ("0.1", "60", "CLINIQUE DES TROIS ÉCLUSES", "0B0000022"),
        ("1.", "10", "", ""),
    ]


def test_person_without_rpps_does_not_sign_in(gateway: MakeGateway) -> None:
    assert refused(gateway(), "secretaire") == "identity-rpps"
    assert refused(gateway(), "edit") == "identity-rpps"


def test_number_of_test_does_not_sign_in_where_identities_are_real(gateway: MakeGateway) -> None:
    assert refused(gateway(fictive=False)) == "identity-rpps"


def test_person_who_gives_up_is_told_so(gateway: MakeGateway, psc: TestedProvider) -> None:
    psc.lie(refuse=True)
    assert refused(gateway()) == "answer-denied"


def test_state_serves_once_whatever_comes_of_it(gateway: MakeGateway) -> None:
    provider, session = gateway(), dict[str, Any]()
    query = Browser().sign_in(sign_in.begin(provider, session, now()))
    sign_in.finish(provider, session, query, now())
    with pytest.raises(OidcError) as caught:
        sign_in.finish(provider, session, query, now())
    assert caught.value.code == "answer-state"
    assert not session[sign_in.ATTEMPTS]


def test_code_that_was_used_is_refused_by_the_provider(gateway: MakeGateway) -> None:
    provider, session = gateway(), dict[str, Any]()
    query = Browser().sign_in(sign_in.begin(provider, session, now()))
    again = json.loads(json.dumps(session))
    sign_in.finish(provider, session, query, now())
    with pytest.raises(OidcError) as caught:
        sign_in.finish(provider, again, query, now())
    assert caught.value.code == "token-grant"


def test_answer_of_another_browser_is_refused(gateway: MakeGateway) -> None:
    provider, ours, theirs = gateway(), dict[str, Any](), dict[str, Any]()
    sign_in.begin(provider, ours, now())
    query = Browser().sign_in(sign_in.begin(provider, theirs, now()))
    with pytest.raises(OidcError) as caught:
        sign_in.finish(provider, ours, query, now())
    assert caught.value.code == "answer-state"


def test_code_under_the_state_of_another_sign_in_is_refused(gateway: MakeGateway) -> None:
    """The victim's state with the attacker's code: the verifier is not the one of that code."""
    provider, ours, theirs = gateway(), dict[str, Any](), dict[str, Any]()
    state = parse_qs(urlsplit(sign_in.begin(provider, ours, now())).query)["state"][0]
    stolen = dict(parse_qsl(Browser().sign_in(sign_in.begin(provider, theirs, now()))))
    with pytest.raises(OidcError) as caught:
        sign_in.finish(provider, ours, urlencode({**stolen, "state": state}), now())
    assert caught.value.code == "token-grant"


def test_answer_that_names_another_issuer_is_refused(gateway: MakeGateway) -> None:
    provider, session = gateway(), dict[str, Any]()
    told = dict(parse_qsl(Browser().sign_in(sign_in.begin(provider, session, now()))))
    with pytest.raises(OidcError) as caught:
        sign_in.finish(provider, session, urlencode({**told, "iss": "https://hostile.example"}), now())
    assert caught.value.code == "answer-issuer"


def test_sign_in_that_takes_too_long_is_refused(gateway: MakeGateway) -> None:
    provider, session = gateway(sign_in_seconds=60), dict[str, Any]()
    query = Browser().sign_in(sign_in.begin(provider, session, now() - 61))
    with pytest.raises(OidcError) as caught:
        sign_in.finish(provider, session, query, now())
    assert caught.value.code == "answer-late"


def test_several_tabs_may_sign_in_and_old_attempts_are_forgotten(gateway: MakeGateway) -> None:
    provider, session = gateway(), dict[str, Any]()
    begun = [sign_in.begin(provider, session, now()) for _ in range(4)]
    assert len(session[sign_in.ATTEMPTS]) == 3
    assert sign_in.finish(provider, session, Browser().sign_in(begun[1]), now()).rpps == DOCTOR
    with pytest.raises(OidcError) as caught:
        sign_in.finish(provider, session, Browser().sign_in(begun[0]), now())
    assert caught.value.code == "answer-state"


def test_new_authentication_is_asked_for_and_proved(gateway: MakeGateway) -> None:
    """The provider knows the browser, and asks again all the same."""
    provider, session, browser = gateway(), dict[str, Any](), Browser()
    browser.sign_in(sign_in.begin(provider, session, now()))
    query = browser.sign_in(sign_in.begin(provider, session, now(), fresh=True), "infirmiere")
    assert sign_in.finish(provider, session, query, now()).rpps == NURSE


def test_secret_in_the_form_is_accepted_where_it_is_agreed(tmp_path: Path) -> None:
    with running(authentication="client_secret_post") as psc:
        provider = Provider(settings_for(psc, tmp_path, client_authentication="client_secret_post"))
        assert signed_in(provider).rpps == DOCTOR
        provider.close()


def test_wrong_secret_is_told_to_the_administrator(gateway: MakeGateway, tmp_path: Path) -> None:
    provider = gateway()
    (tmp_path / "psc.secret").write_text("another")
    assert refused(provider) == "token-client"
    (tmp_path / "psc.secret").unlink()
    with pytest.raises(OidcError) as caught:
        sign_in.begin(provider, {}, now())
    assert caught.value.code == "token-client" and "client_secret_file" in caught.value.detail


def test_signed_userinfo_is_read(tmp_path: Path) -> None:
    with running(signed_userinfo=True) as psc:
        provider = Provider(settings_for(psc, tmp_path))
        assert signed_in(provider).rpps == DOCTOR
        provider.close()


def test_keys_that_changed_are_read_again(tmp_path: Path) -> None:
    with running() as psc:
        provider = Provider(settings_for(psc, tmp_path))
        assert signed_in(provider).rpps == DOCTOR
        psc.lie(rotate=True)
        assert signed_in(provider, "infirmiere").rpps == NURSE
        provider.close()


def test_establishment_finds_the_account_by_name_and_the_means_by_methods(gateway: MakeGateway) -> None:
    provider = gateway(
        kind="establishment",
        required_acr=(),
        means=("amr=otp -> known+held substantial", "amr=hwk+pwd -> known+held high"),
        account_claim="preferred_username",
        rpps_claim="SubjectNameID",
    )
    told = signed_in(provider)
    assert (told.account, told.rpps) == (f"8{DOCTOR}", DOCTOR)
    assert (told.means.kind, told.means.level, told.means.amr) == ("establishment", "high", ("pwd", "hwk"))


def test_account_name_may_stand_in_the_id_token_alone(gateway: MakeGateway, psc: TestedProvider) -> None:
    psc.lie(token={"claims": {"upn": "V.Essai", "family_name": "not believed before userinfo"}})
    told = signed_in(gateway(account_claim="upn"))
    assert (told.account, told.professional.family_name) == ("v.essai", "ESSAI-CASSIN")


def test_means_that_is_not_declared_opens_nothing(gateway: MakeGateway) -> None:
    assert refused(gateway(means=("amr=otp -> known+held substantial",))) == "identity-means"


def test_account_name_that_is_missing_opens_nothing(gateway: MakeGateway) -> None:
    assert refused(gateway(account_claim="upn")) == "identity-account"


def test_answer_for_one_provider_does_not_serve_the_other(gateway: MakeGateway) -> None:
    ours, other, session = gateway(), gateway(kind="establishment"), dict[str, Any]()
    query = Browser().sign_in(sign_in.begin(ours, session, now()))
    with pytest.raises(OidcError) as caught:
        sign_in.finish(other, session, query, now())
    assert caught.value.code == "answer-state"


def test_only_providers_that_are_enabled_are_offered(psc: TestedProvider, tmp_path: Path) -> None:
    ours = settings_for(psc, tmp_path)
    hospital = replace(ours, kind="establishment", label="Compte de l’hôpital")
    use([replace(ours, enabled=False), hospital])
    assert [one.label for one in offered()] == ["Compte de l’hôpital"]
    assert provider_of("psc") is None
    use([ours, hospital])
    assert [one.kind for one in offered()] == ["psc", "establishment"]
    kept = provider_of("psc")
    use([ours])
    assert provider_of("psc") is kept and provider_of("establishment") is None
    use([])
    assert offered() == ()


def test_session_mapping_holds_only_what_json_can(gateway: MakeGateway) -> None:
    session: dict[str, Any] = {}
    sign_in.begin(gateway(), session, now(), after="/")
    assert json.loads(json.dumps(session)) == session


def test_id_token_of_the_provider_is_what_it_seems(gateway: MakeGateway) -> None:
    """The provider answers as Pro Santé Connect is documented to: else the tests would prove nothing."""
    told = signed_in(gateway())
    claims = json.loads(base64.urlsafe_b64decode(told.tokens.id_token.split(".")[1] + "=="))
    assert claims["acr"] == "eidas1" and claims["aud"] == "ecluse-essai" and "auth_time" in claims
