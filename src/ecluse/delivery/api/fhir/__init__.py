"""The FHIR R4 server: read only, in JSON, behind the same guard and the same trail as the REST interface."""
