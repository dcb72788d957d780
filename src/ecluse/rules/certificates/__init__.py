"""Certificates: which path leads to a trusted authority, who is revoked, what a certificate is and where it serves.

Pure: the instant is a parameter, lists and answers are given. Source: RFC 5280 §6, RFC 9618, RFC 6960.
"""
