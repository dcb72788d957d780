"""`ecluse patients stays` and `ecluse patients consent` on a real gateway."""

from __future__ import annotations

import json
from pathlib import Path

from tests.delivery.cli.conftest import to
from tests.delivery.cli.people import AUBERT
from tests.e2e.gateway import Gateway

HEAD = (
    "MSH|^~\\&|GAM|CH-EXEMPLE|ECLUSE|DMN|20261118081500||ADT^A01^ADT_A01|STAY1|P|2.5^FRA^2.11||||"
    "|FRA|UNICODE UTF-8|FR"
)
ADMISSION = "\r".join(
    [
        HEAD,
        "EVN||20261118081500||||20261118080000",
        f"PID|1||{AUBERT.local}^^^CH-EXEMPLE&1.2.250.1.999.9.1&ISO^PI||AUBERT^PAUL^PAUL^^^^L|||||||||||||D1^^^CH-EXEMPLE^AN",
        "PV1|1|I|CHIR^12^A||||801^RÉAULT^PAUL||||||||||||V77^^^CH-EXEMPLE^VN",
        "ZBE|M1^GAM|20261118080000||INSERT|N||Chirurgie^^^^^^UF^^^6268||HMS",
        "",
    ]
)


def admitted(gateway: Gateway, folder: Path) -> None:
    (folder / "a01.hl7").write_bytes(ADMISSION.encode())
    gateway.run("send", "--to", to(gateway), str(folder / "a01.hl7"))


def test_stays_are_shown_and_a_consent_is_recorded(gateway: Gateway, tmp_path: Path) -> None:
    admitted(gateway, tmp_path)
    shown = json.loads(gateway.run("patients", "stays", AUBERT.local, "--format", "json").stdout)
    (stay,) = shown["stays"]
    assert (stay["visit"]["value"], stay["situation"]["status"]) == ("V77", "in-progress")
    done = gateway.run(
        "patients", "consent", AUBERT.local, "--stay", "V77", "--feeding", "INO", "--consultation", "INC",
        "--how", "oral", "--by", "accueil", "--date", "2026-11-18", "--format", "json",
    )  # fmt: skip
    assert json.loads(done.stdout)["done"] is True
    text = gateway.run("patients", "stays", AUBERT.local).stdout
    assert "in progress" in text and "6268 Chirurgie" in text and "admission of an inpatient" in text
    older = ("patients", "consent", AUBERT.local, "--feeding", "INO", "--how", "oral", "--date", "2026-11-02")
    assert "--correction" in gateway.run("patients", "consent", "--help").stdout
    assert gateway.run(*older, check=False).returncode == 1
    assert gateway.run(*older, "--correction").returncode == 0
    assert "DMP INO/INC" in text and "cli · oral · accueil" in text
    assert "V77" in gateway.run("patients", "show", AUBERT.local).stdout


def test_a_wrong_consent_exits_1_with_its_reason(gateway: Gateway) -> None:
    done = gateway.run(
        "patients",
        "consent",
        AUBERT.local,
        "--feeding",
        "IO",
        "--consultation",
        "IC",
        "--how",
        "oral",
        check=False,
    )
    assert done.returncode == 1
    assert "INO/IC" in done.stderr
    assert gateway.run("patients", "stays", "nobody", check=False).returncode == 1
