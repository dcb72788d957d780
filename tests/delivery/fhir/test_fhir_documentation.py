"""The requests of docs/fhir.md do what the page says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.delivery.fhir.server import Fhir
from tests.services.feeding import MARIN, adt
from tests.services.stay_messages import iti31

PAGE = Path(__file__).resolve().parents[3] / "docs" / "fhir.md"
ZFA = "ZFA|ACTIF|20261118081500|||||||INO|20261118081500|IC|20261118081500"


def test_every_request_of_the_page_is_answered(quick_fhir: Fhir) -> None:
    """Each finds what it asks for, with the identifiers of the page."""
    quick_fhir.gate.receive(adt(), adt("A31", "C2", ins=MARIN, status="VALI"), iti31(zfa=ZFA))
    quick_fhir.gate.act("sender.confirm", listener="main", application="GAM", facility="VALMONT")
    values = {"$ID": quick_fhir.patient("7001"), "$MATRICULE": MARIN}
    requests = re.findall(
        r"^curl (?:-H \S+ )?(?:-d \"([^\"]*)\" )?\"\$FHIR([^\"]*)\"$", PAGE.read_text("utf-8"), re.M
    )
    assert len(requests) == 10
    for body, path in requests:
        for name, value in values.items():
            body, path = body.replace(name, value), path.replace(name, value)
        if body:
            form = body.replace("|", "%7C").encode()
            response = quick_fhir.ask("POST", path, form)
        else:
            response = quick_fhir.get(path)
        found = response.json()
        assert response.status_code == 200, path
        if found["resourceType"] == "Bundle":
            assert found["entry"], path
