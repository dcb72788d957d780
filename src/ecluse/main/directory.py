"""The settings of the directory, as its services need them: the key of the API is read from its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.main.configuration import Configuration
from ecluse.main.settings_checks import directory_key

if TYPE_CHECKING:
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.directory.settings import DirectorySettings


def directory_settings(configuration: Configuration) -> DirectorySettings:
    """The settings of the directory.

    :raises ConfigurationError: the file of the key cannot be read, or holds none.
    """
    from ecluse.services.directory.settings import DirectorySettings

    told = configuration.directory
    return DirectorySettings(
        environment=configuration.environment,
        api_address=told.api_address,
        api_key=directory_key(configuration, "ecluse.toml"),
        authorities=told.authorities,
        keep_days=told.keep_days,
        finess_letters=told.finess_letters,
    )


def use_directory(configuration: Configuration) -> None:
    """Have the services of this process follow these settings.

    :raises ConfigurationError: see `directory_settings`.
    """
    from ecluse.services.directory.settings import use

    use(directory_settings(configuration))


def forgetting(configuration: Configuration) -> Chore:
    """The removal of extracts that are too old, or that were replaced."""
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.directory.forget import forget_old

    days = configuration.directory.keep_days

    def forget(now: float) -> None:
        forget_old(int(now * 1_000_000), days)

    return Chore("directory", 3600.0, forget)
