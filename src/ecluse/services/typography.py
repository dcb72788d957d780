"""French set as it is printed: one place, so that no sentence that is built while the program runs forgets it."""

from __future__ import annotations

import re

_BREAKABLE = re.compile(" (?=[:;?!»])|(?<=«) ")


def french(text: str) -> str:
    """A French sentence with no-break spaces at its high marks and inside its quotes.

    Lexique des règles typographiques en usage à l'Imprimerie nationale, « ponctuation »; the plain no-break space, that
    every terminal and font has.
    """
    return _BREAKABLE.sub("\N{NO-BREAK SPACE}", text)
