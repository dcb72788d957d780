"""Invented persons as facts for the builders."""

from __future__ import annotations

from ecluse.protocols.fhir.facts import (
    FhirAddress,
    FhirContact,
    FhirIdentifier,
    FhirIdentity,
    FhirIns,
    FhirName,
    FhirPractitioner,
    FhirReliability,
    FhirTelecom,
    Version,
)

NIR = "1.2.250.1.213.1.4.8"
NIA = "1.2.250.1.213.1.4.9"
MATRICULE = "285017511800112"
"""Thirteen invented digits and their key."""

IPP = FhirIdentifier("IPP-4471", "PI", "CH DE VALMONT", "1.2.250.1.999.7")

CLOTILDE = FhirIdentity(
    id="p1",
    version=Version(3, "2026-11-18T10:11:12.345Z"),
    domain="1.2.250.1.999.1",
    reliability=FhirReliability("qualifiee", (), "INSI", "2026-11-02", "CN"),
    ins=FhirIns(MATRICULE, NIR),
    identifiers=(IPP,),
    names=(
        FhirName("official", "BERGERONNE", "CLOTILDE", "CLOTILDE AGNES", "Mme"),
        FhirName("usual", "TRUCHEMENT", "CLO"),
    ),
    birth_date="1985-01-17",
    birth_date_corrected="N",
    birth_place=FhirAddress(city="PARIS", country="FRA", type="BDL", insee="75118"),
    sex="F",
    addresses=(FhirAddress("3 rue du Lavoir", "Bât. B", "VALMONT", "", "57730", "FRA", "H", "57690"),),
    telecoms=(
        FhirTelecom("0387000001", use="PRN", equipment="PH"),
        FhirTelecom("0600000001", use="PRN", equipment="CP"),
        FhirTelecom("", "clotilde@example.fr", "NET", "Internet"),
    ),
    language="FR",
    marital_status="M",
    nationalities=("FRA",),
    multiple_birth="Y",
    birth_order="2",
    contacts=(
        FhirContact(
            "BERGERONNE",
            "OCTAVE",
            "FTH",
            "K",
            addresses=(FhirAddress(city="METZ"),),
            telecoms=(FhirTelecom("0387000002"),),
        ),
    ),
    practitioners=(
        FhirPractitioner(
            FhirIdentifier("899700245667", "RPPS", "ASIP-SANTE-PS", "1.2.250.1.71.4.2.1"),
            "LEROUET",
            "PAUL",
            "Dr",
            (FhirTelecom("0387000003", use="WPN", equipment="PH"),),
        ),
    ),
)
"""A qualified identity with everything that the gateway keeps."""
