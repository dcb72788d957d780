"""What programs read and do over HTTP: the REST interface, and FHIR beside it, behind the same guard."""
