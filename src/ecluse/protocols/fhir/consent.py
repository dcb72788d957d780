"""Consent: what a patient said of the feeding and of the consultation of the DMP.

Source: HL7 FHIR R4, 6.2; PAM France 2.11.1, ZFA-9 (feeding: opposition) and ZFA-11 (consultation, by episode).
"""

from __future__ import annotations

from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.elements import coding, concept, meta, reference
from ecluse.protocols.fhir.facts import FhirConsent
from ecluse.protocols.fhir.reading import codes
from ecluse.protocols.fhir.values import date_time, without_empty

_SCOPE = coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Privacy Consent")
_CATEGORY = coding("http://loinc.org", "59284-0", "Consent Document")
_ACTIONS = "http://terminology.hl7.org/CodeSystem/consentaction"
_SUBJECTS = {
    "feeding": ("collect", "ZFA-9", "Alimentation du DMP"),
    "consultation": ("access", "ZFA-11", "Consultation du DMP"),
}


def consent(one: FhirConsent) -> Resource | None:
    """The resource of a choice; None when the choice was not collected (NA) or its code says nothing."""
    decision = codes("consent").get(one.choice)
    patient = reference("Patient", one.patient)
    if decision is None or patient is None:
        return None
    action, field, words = _SUBJECTS[one.subject]
    stay = reference("Encounter", one.stay) if one.stay else None
    provision = {
        "type": decision,
        "action": [concept(coding(_ACTIONS, action))],
        "code": [concept(words=f"{field} {one.choice}")],
        "data": [{"meaning": "related", "reference": stay}] if stay else None,
    }
    return without_empty(
        {
            "resourceType": "Consent",
            "id": one.id,
            "meta": meta(one.version),
            "status": "active",
            "scope": concept(_SCOPE),
            "category": [concept(_CATEGORY), concept(words=words)],
            "patient": patient,
            "dateTime": date_time(one.at),
            "policyRule": concept(words="Dossier médical partagé : PAM France 2.11.1, ZFA"),
            "provision": without_empty(provision),
        }
    )
