"""The settings of [psc] and [oidc]: which providers people may sign in with, and what is refused beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.main.configuration import ConfigurationError, load, reload
from ecluse.main.providers import use_providers
from ecluse.services.psc.providers import offered

GOOD = {
    "enabled": "true",
    "client_id": '"ecluse-essai"',
    "client_secret_file": '"psc.secret"',
    "redirect_uri": '"https://ecluse.example/connexion/psc/retour"',
}
OWN = {
    **GOOD,
    "discovery": '"https://sso.example/realms/h/.well-known/openid-configuration"',
    "means": '["amr=pwd+otp -> known+held substantial"]',
}


def written(data: Path, table: str = "psc", settings: dict[str, str] | None = None, **changed: str) -> Path:
    """A data folder with the table, and the folder of its secrets beside it."""
    secrets = data.parent / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "psc.secret").write_text("s")
    data.mkdir(exist_ok=True)
    told = {**(GOOD if settings is None else settings), **changed}
    lines = [
        f'secrets = "{secrets}"',
        f"[{table}]",
        *(f"{name} = {value}" for name, value in told.items() if value),
    ]
    (data / "ecluse.toml").write_text("\n".join(lines), "utf-8")
    return data


def test_nobody_is_asked_unless_a_person_wrote_it(tmp_path: Path) -> None:
    use_providers(load(tmp_path, {}))
    assert offered() == ()


def test_discovery_address_is_the_one_of_the_environment(tmp_path: Path) -> None:
    try:
        for environment, host in (("test", "auth.bas.psc"), ("production", "auth.esw")):
            use_providers(load(written(tmp_path / "data"), {}, environment=environment))
            (told,) = offered()
            assert told.discovery == (
                f"https://{host}.esante.gouv.fr/auth/realms/esante-wallet/.well-known/wallet-openid-configuration"
            )
            assert told.fictive == (environment == "test")
            assert told.client_secret_file == tmp_path / "secrets" / "psc.secret"
            assert (told.acr_values, told.required_acr) == ("eidas1", ("eidas1",))
    finally:
        use_providers(load(tmp_path, {}))


def test_own_provider_of_the_establishment_is_offered_too(tmp_path: Path) -> None:
    try:
        use_providers(load(written(tmp_path / "data", "oidc", OWN), {}))
        (told,) = offered()
        assert (told.kind, told.account_claim, told.scope) == (
            "establishment",
            "preferred_username",
            "openid profile",
        )
    finally:
        use_providers(load(tmp_path, {}))


def test_running_gateway_takes_a_provider_in(tmp_path: Path) -> None:
    before = load(written(tmp_path / "data", enabled="false"), {})
    written(tmp_path / "data")
    renewed = reload(before, {"ECLUSE_PSC_LABEL": "e-CPS"})
    assert renewed.waiting == ()
    assert renewed.configuration.psc.enabled and renewed.configuration.psc.label == "e-CPS"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_id": ""}, "client_id"),
        ({"client_secret_file": ""}, "client_secret_file"),
        ({"client_secret_file": '"none.secret"'}, "none.secret.*no such file"),
        ({"client_authentication": '"tls_client_auth"'}, "client_certificate"),
        ({"client_authentication": '"none"'}, "client_secret_basic"),
        ({"redirect_uri": ""}, "redirect_uri"),
        ({"redirect_uri": '"http://ecluse.example/connexion/psc/retour"'}, "redirect_uri"),
        ({"after_logout_uri": '"ecluse"'}, "after_logout_uri"),
        ({"discovery": '"http://auth.example/.well-known/wallet-openid-configuration"'}, "discovery"),
        ({"discovery": '"https://auth.example/realms/esante-wallet"'}, "discovery"),
        ({"scope": '"scope_all"'}, "scope"),
        ({"means": "[]"}, "means"),
        ({"means": '["eidas1"]'}, "means contains 'eidas1'"),
        ({"means": '["acr=eidas1 -> known high"]'}, "two factors"),
        ({"means": '["acr=eidas1 -> known+known high"]'}, "two factors"),
        ({"means": '["acr=eidas1 -> known+magic high"]'}, "two factors"),
        ({"means": '["acr=eidas1 -> known+held eidas1"]'}, "means contains"),
        ({"label": '" "'}, "label"),
        ({"sign_in_seconds": "0"}, "sign_in_seconds"),
        ({"clock_skew": "301"}, "clock_skew"),
        ({"timeout": "0"}, "timeout"),
    ],
)  # fmt: skip
def test_provider_that_could_not_be_asked_is_told(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load(written(tmp_path / "data", **changed), {})


def test_provider_that_is_not_enabled_is_not_looked_at(tmp_path: Path) -> None:
    assert not load(written(tmp_path / "data", enabled="false", redirect_uri='"x"'), {}).psc.enabled
    with pytest.raises(ConfigurationError, match="redirect_uri"):
        load(written(tmp_path / "data", redirect_uri='"x"'), {})


def test_copy_of_the_data_on_another_machine_needs_no_secret(tmp_path: Path) -> None:
    data = written(tmp_path / "data", client_secret_file='"none.secret"')
    assert load(data, {}, serving=False).psc.enabled
    with pytest.raises(ConfigurationError, match=r"none\.secret"):
        load(data, {}, serving=True)


def test_own_provider_must_declare_what_its_words_are_worth(tmp_path: Path) -> None:
    for name in ("discovery", "means"):
        with pytest.raises(ConfigurationError, match=name):
            load(written(tmp_path / "data", "oidc", OWN, **{name: ""}), {})
