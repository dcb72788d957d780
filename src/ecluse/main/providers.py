"""The identity providers of the settings, as the services that ask them need them described."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.main.settings_model import Configuration, Oidc, Psc, wrong
from ecluse.main.settings_reading import Origins

if TYPE_CHECKING:
    from ecluse.services.psc.settings import PscSettings

_DISCOVERY = {
    "test": "https://auth.bas.psc.esante.gouv.fr/auth/realms/esante-wallet/.well-known/wallet-openid-configuration",
    "production": "https://auth.esw.esante.gouv.fr/auth/realms/esante-wallet/.well-known/wallet-openid-configuration",
}
"""Pro Santé Connect: the sandbox (BAS), and production."""

_FILES = ("client_secret_file", "client_certificate", "client_key", "authorities")


def check_providers(configuration: Configuration, origins: Origins, *, serving: bool) -> None:
    """Refuse a provider that is enabled and could not be asked.

    :param serving: also look for its files, which a copy of the data on another machine need not have.
    :raises ConfigurationError: naming the place and what to write.
    """
    for table, told in (("psc", configuration.psc), ("oidc", configuration.oidc)):
        if not told.enabled:
            continue
        from ecluse.services.psc.settings import problems

        for problem in problems(_described(configuration, told)):
            raise wrong(origins.of(problem.name, table), problem.fr, problem.en)
        for name in _FILES if serving else ():
            file = _file(configuration, getattr(told, name))
            if file is not None and not file.is_file():
                raise wrong(
                    origins.of(name, table),
                    f"{name} = {str(file)!r} : ce fichier n’existe pas",
                    f"{name} = {str(file)!r}: no such file",
                )


def use_providers(configuration: Configuration) -> None:
    """Have people sign in with these providers from now on, in this process."""
    from ecluse.services.psc.providers import use

    use(_described(configuration, told) for told in (configuration.psc, configuration.oidc) if told.enabled)


def _described(configuration: Configuration, told: Psc) -> PscSettings:
    from ecluse.services.psc.settings import PscSettings

    def path(name: str) -> str:
        return str(_file(configuration, getattr(told, name)) or "")

    own = isinstance(told, Oidc)
    return PscSettings(
        kind="establishment" if own else "psc",
        enabled=told.enabled,
        label=told.label,
        discovery=told.discovery or ("" if own else _DISCOVERY[configuration.environment]),
        client_id=told.client_id,
        client_authentication=told.client_authentication,
        client_secret_file=_file(configuration, told.client_secret_file),
        client_certificate=path("client_certificate"),
        client_key=path("client_key"),
        authorities=path("authorities"),
        redirect_uri=told.redirect_uri,
        after_logout_uri=told.after_logout_uri,
        scope=told.scope,
        acr_values=told.acr_values,
        required_acr=told.required_acr,
        means=told.means,
        account_claim=told.account_claim if isinstance(told, Oidc) else "",
        rpps_claim=told.rpps_claim if isinstance(told, Oidc) else "",
        sign_in_seconds=told.sign_in_seconds,
        clock_skew=told.clock_skew,
        timeout=told.timeout,
        fictive=configuration.environment == "test",
    )


def _file(configuration: Configuration, name: str) -> Path | None:
    """A file given in full, or from the folder of the keys: no secret stands in the data, which are backed up."""
    from ecluse.main.assembly import secrets_folder

    return secrets_folder(configuration) / Path(name).expanduser() if name else None
