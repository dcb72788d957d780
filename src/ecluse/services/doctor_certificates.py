"""Certificates as `ecluse doctor` tells them: what the probe finds wrong, or that all is well."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.services.certificates.checking import Checked
from ecluse.services.check import Check, Status

_STATUS: dict[str, Status] = {"warning": "warning", "critical": "error"}


def examine_certificates(checked: Checked) -> Iterator[Check]:
    """What a person has to do, or that there is nothing.

    :param checked: what `services.certificates.checking.check` found.
    """
    wrong = [one for one in checked.items if one.level != "ok"]
    if not wrong:
        yield Check(
            "certificates",
            "ok",
            "Certificats, autorités, cartes et listes de révocation en ordre.",
            "Certificates, authorities, cards and lists of revocation in order.",
        )
    for one in wrong:
        yield Check(one.about, _STATUS[one.level], one.text_fr, one.text_en, one.mend_fr, one.mend_en)
