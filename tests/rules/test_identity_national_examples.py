"""The shapes of the national examples, read from ER7 with people written for this project.

The life cycle (PAM France 2.11.1, 4.4) gives its printed effect in the test environment; the PID printed in the
national webinar on PAM is accepted with every defect explained and no usable INS.
"""

from __future__ import annotations

from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam.read import read
from ecluse.rules.identity import Decision, Environment, Patient, Policy, Registry, trust, usability

from .builders import ALIX, ALIX_NEXT, ALIX_NIA, AT, rules_of

NIR_AUTHORITY = "ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS"
NIA_AUTHORITY = "ASIP-SANTE-INS-NIA&1.2.250.1.213.1.4.9&ISO^INS"
IPP = "1900777^^^&350009999&M^PI"
TRAITS = "||^MARGOT^^^^^D~VERNOUX^ALIX^ALIX MARGOT^^Mme^^L||19850312|F|||^^^^^FRA^BDL^^38185"


def adt(event: str, structure: str, pid: str, mrg: str = "") -> bytes:
    lines = [
        f"MSH|^~\\&|GAM|EXEMPLE|DMN|EXEMPLE|20261120080000||ADT^{event}^{structure}|1|P|2.5^FRA^2.10"
        "||||||UNICODE UTF-8",
        "EVN||20261120080000",
        pid,
    ]
    if mrg:
        lines.append(f"MRG|{mrg}")
    return "\r".join(lines).encode() + b"\r"


class Gateway:
    """A registry that receives bytes."""

    def __init__(self, environment: Environment = "test") -> None:
        self.registry = Registry()
        self.policy = Policy(environment=environment, sender="gam")

    def receive(self, raw: bytes) -> Decision:
        new_id = f"p{len(self.registry.patients) + 1}"
        return self.registry.receive(read(Message.parse(raw)), self.policy, at=AT, new_id=new_id)

    @property
    def alix(self) -> Patient:
        found = self.registry.find("350009999|PI|1900777")
        assert found is not None
        return found

    def reason(self) -> str | None:
        found = usability(self.alix, environment=self.policy.environment, confirmed={"gam"})
        return found.code if found else None


def qualified(value: str = ALIX, authority: str = NIR_AUTHORITY) -> bytes:
    pid = f"PID|1||{IPP}~{value}^^^{authority}{TRAITS}|||||S|||||||||1|||||N||VALI"
    return adt("A31", "ADT_A05", pid)


def both() -> bytes:
    pid = f"PID|1||{IPP}~{ALIX_NIA}^^^{NIA_AUTHORITY}~{ALIX}^^^{NIR_AUTHORITY}{TRAITS}|||||S|||||||||1|||||N||VALI"
    return adt("A31", "ADT_A05", pid)


def deletion(status: str, repetition: str = f'~""^^^{NIR_AUTHORITY}') -> bytes:
    pid = f"PID|1||{IPP}{repetition}{TRAITS}|||||S|||||||||1|||||N||{status}"
    return adt("A47", "ADT_A30", pid, f"{ALIX}^^^{NIR_AUTHORITY}")


def test_nia_and_nir_in_one_a31_keep_the_nir() -> None:
    gateway = Gateway()
    gateway.receive(qualified(ALIX_NIA, NIA_AUTHORITY))
    assert gateway.receive(both()).refusal is None
    assert gateway.alix.ins is not None
    assert (gateway.alix.ins.matricule, gateway.reason()) == (ALIX, None)
    assert [one.matricule for one in gateway.alix.superseded] == [ALIX_NIA]


def test_the_a31_of_the_example_on_an_unknown_patient_creates_it_with_the_nir() -> None:
    gateway = Gateway()
    gateway.receive(both())
    assert trust(gateway.alix, environment="test", confirmed={"gam"}) == "qualifiee"


def test_the_deletion_example_removes_every_ins_and_leaves_the_printed_status() -> None:
    gateway = Gateway()
    gateway.receive(qualified(ALIX_NIA, NIA_AUTHORITY))
    gateway.receive(both())
    assert gateway.receive(deletion("VALI")).refusal is None
    assert (gateway.alix.ins, gateway.alix.superseded, gateway.alix.statuses) == (None, (), ("VALI",))
    assert trust(gateway.alix, environment="test", confirmed={"gam"}) == "validee"


def test_the_deletion_seen_in_the_field_without_the_emptied_repetition_removes_it_too() -> None:
    gateway = Gateway()
    gateway.receive(qualified())
    assert gateway.receive(deletion("VALI", "")).refusal is None
    assert gateway.alix.ins is None


def test_the_downgrade_example_removes_the_ins_and_sets_prov() -> None:
    gateway = Gateway()
    gateway.receive(qualified())
    gateway.receive(deletion("PROV"))
    assert (gateway.alix.ins, gateway.alix.statuses) == (None, ("PROV",))


def test_the_change_of_matricule_example_keeps_the_old_one_as_superseded() -> None:
    gateway = Gateway()
    gateway.receive(qualified())
    pid = f"PID|1||{IPP}~{ALIX_NEXT}^^^{NIR_AUTHORITY}{TRAITS}|||||S|||||||||1|||||N||VALI"
    gateway.receive(adt("A47", "ADT_A30", pid, f"{ALIX}^^^{NIR_AUTHORITY}"))
    assert gateway.alix.ins is not None
    assert (gateway.alix.ins.matricule, gateway.reason()) == (ALIX_NEXT, None)
    assert [one.matricule for one in gateway.alix.superseded] == [ALIX]


def test_examples_with_a_wrong_key_work_in_the_test_environment_with_a_warning() -> None:
    wrong = ALIX[:13] + f"{(int(ALIX[13:]) % 97) + 1:02d}"
    gateway = Gateway()
    decision = gateway.receive(qualified(wrong))
    assert [(one.rule, one.severity) for one in decision.findings] == [("INS-KEY-001", "warning")]
    assert gateway.reason() is None


def test_an_ins_sent_with_prov_and_fict_is_left_out() -> None:
    gateway = Gateway()
    gateway.receive(qualified())
    pid = f"PID|1||{IPP}~{ALIX}^^^{NIR_AUTHORITY}{TRAITS}|||||S|||||||||1|||||N||PROV~FICT"
    decision = gateway.receive(adt("A31", "ADT_A05", pid))
    assert {"INS-STATUS-001", "INS-STATUS-003"} <= rules_of(decision)
    assert gateway.reason() == "status"


def test_a_deletion_of_the_name_in_use_and_of_the_phone_is_read() -> None:
    gateway = Gateway()
    gateway.receive(qualified())
    pid = f'PID|1||{IPP}||""^""^^^^^D~VERNOUX^ALIX^ALIX MARGOT^^Mme^^L||19850312|F'
    pid += '|||||""||||||||||||||||20261101|Y||VALI'
    gateway.receive(adt("A31", "ADT_A05", pid))
    assert [name.type for name in gateway.alix.names] == ["L"]
    assert (gateway.alix.death, gateway.alix.death_at) == ("Y", "20261101")
    assert gateway.reason() is None


# The defects of the printed PID: key 43 where 75 is computed for it, sex digit 2 against M, birth address in PID-10,
# no list of given names. Same defects here, on a person of our own.
WEBINAR_BODY = "2611269123987"
WEBINAR_PID = (
    f"PID|1||{IPP}~{{matricule}}^^^{NIR_AUTHORITY}||GARNEAU^LUCIEN^^^^^L||19611205|M||^^^^^FRA^BDL^^69123"
    "||||||||||||||||||||||VALI"
)


def test_the_pid_of_the_webinar_is_accepted_with_every_defect_explained_and_no_usable_ins() -> None:
    pid = WEBINAR_PID.format(matricule=WEBINAR_BODY + "01")
    for environment, severity in (("production", "error"), ("test", "warning")):
        gateway = Gateway(environment)  # type: ignore[arg-type]
        decision = gateway.receive(adt("A28", "ADT_A05", pid))
        assert decision.refusal is None
        found = {(one.rule, one.location, one.severity) for one in decision.findings}
        assert ("INS-KEY-001", "PID-3", severity) in found
        assert ("INS-DOUBT-001", "PID-8", "warning") in found
        assert ("INS-TRAIT-001", "PID-5.3", "warning") in found
        assert ("INS-TRAIT-001", "PID-11.9", "warning") in found
        assert gateway.reason() in ("key", "missing-traits")
        assert trust(gateway.alix, environment=gateway.policy.environment, confirmed={"gam"}) == "validee"
        assert WEBINAR_BODY not in repr(decision.findings)
