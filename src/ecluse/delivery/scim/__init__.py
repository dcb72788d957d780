"""SCIM 2.0 (RFC 7643, RFC 7644): the establishment's identity software provisions the accounts of the console.

Arrival, change and departure of people: create, replace, patch, search by `userName` or `externalId`, list. Accounts
are never deleted, because the journal names them: a departure closes the account.
"""
