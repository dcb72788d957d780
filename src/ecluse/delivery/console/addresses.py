"""Which page answers at which address."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console import assets, health, metrics
from ecluse.delivery.console.accounts.addresses import addresses as accounts
from ecluse.delivery.console.certificates.addresses import addresses as certificates
from ecluse.delivery.console.consents.addresses import addresses as consents
from ecluse.delivery.console.feeds.addresses import addresses as feeds
from ecluse.delivery.console.habilitations.addresses import addresses as habilitations
from ecluse.delivery.console.help.addresses import addresses as help_pages
from ecluse.delivery.console.home.addresses import addresses as home
from ecluse.delivery.console.journal.addresses import addresses as journal
from ecluse.delivery.console.patients.addresses import addresses as patients
from ecluse.delivery.console.procedures.addresses import addresses as procedures
from ecluse.delivery.console.psc.addresses import addresses as psc
from ecluse.delivery.console.refusals.addresses import addresses as refusals
from ecluse.delivery.console.settings_pages.addresses import addresses as settings_pages
from ecluse.delivery.console.welcome.addresses import addresses as welcome


def addresses() -> list[URLPattern]:
    """The pages of the console and what machines read."""
    return [
        path("health/live", health.live, name="live"),
        path("health/ready", health.ready, name="ready"),
        path("metrics", metrics.show, name="metrics"),
        path("static/<str:name>", assets.serve, name="asset"),
        *home(),
        *feeds(),
        *refusals(),
        *accounts(),
        *welcome(),
        *psc(),
        *settings_pages(),
        *habilitations(),
        *journal(),
        *help_pages(),
        *patients(),
        *consents(),
        *certificates(),
        *procedures(),
    ]
