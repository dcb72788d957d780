"""A test PKI that looks like IGC-Santé and can never be taken for it; all of it is *simulation*.

    made = init_test(folder, ["localhost"], now)          authorities, catalogue and CRLs, in a folder
    async with serve(folder) as (host, port): ...         CRLs, OCSP and authorities over HTTP
    issue_from_csr(hierarchy, csr, Order("sign", "…"), now)    what the platform does for an order
    revoke(hierarchy, "org-sign", now)                    and for a revocation

Nothing here knows how the product reads or judges certificates: their mistakes are not shared.
"""

from ecluse.simulators.pki.catalogue import Entry, catalogue
from ecluse.simulators.pki.errors import AlreadyThere, NotAPki, OrderRefused, PkiError
from ecluse.simulators.pki.folder import changing, holds_pki, read_hierarchy
from ecluse.simulators.pki.hierarchy import Hierarchy
from ecluse.simulators.pki.init import BASE, HOSTS, Made, init_test
from ecluse.simulators.pki.names import STRUCTURE, Structure
from ecluse.simulators.pki.orders import Order, certificate_pem, issue_from_csr, revoke
from ecluse.simulators.pki.readme import PASSWORD
from ecluse.simulators.pki.serving import serve

__all__ = [
    "BASE",
    "HOSTS",
    "PASSWORD",
    "STRUCTURE",
    "AlreadyThere",
    "Entry",
    "Hierarchy",
    "Made",
    "NotAPki",
    "Order",
    "OrderRefused",
    "PkiError",
    "Structure",
    "catalogue",
    "certificate_pem",
    "changing",
    "holds_pki",
    "init_test",
    "issue_from_csr",
    "read_hierarchy",
    "revoke",
    "serve",
]
