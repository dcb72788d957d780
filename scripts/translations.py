"""Extract, check and compile the English of the console: `translations.py write|check [AREA]`.

The sentences of the code are French; each area has its catalogue (`locale/en/LC_MESSAGES/django.po`) and what was
compiled from it. `write` adds the sentences that are missing, with nothing against them, drops those nobody says any
more, and compiles. `check` prints one line per fault and exits 1 when there is one. AREA is a folder of the console
(`patients`), or `console` for what all of them share; without it, everything. Only Python is needed.
"""

from __future__ import annotations

import ast
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CONSOLE = ROOT / "src" / "ecluse" / "delivery" / "console"
CATALOGUE = Path("locale") / "en" / "LC_MESSAGES" / "django.po"
HEADER = "Content-Type: text/plain; charset=UTF-8\nLanguage: en\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
SINGLE = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop"})
PLURAL = frozenset({"ngettext", "ngettext_lazy"})
IN_TEMPLATE = re.compile(
    r"""\b(_|gettext|ngettext)\(\s*u?((?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
    r"""(?:\s*,\s*u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))?)"""
)
PLACE = re.compile(r"%\((\w+)\)[a-z]|%[sd]|\{(\w*)\}")
ENTRY = re.compile(r'(msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:"(?:\\.|[^"\\])*"\s*)+)')

Key = tuple[str, str]
"""A sentence and its plural, empty when it has none."""


@dataclass(frozen=True, slots=True)
class Area:
    """A catalogue and the files whose sentences it holds."""

    folder: Path
    files: tuple[Path, ...]

    @property
    def po(self) -> Path:
        """What people write."""
        return self.folder / CATALOGUE

    @property
    def mo(self) -> Path:
        """What the program reads."""
        return self.po.with_suffix(".mo")


def areas() -> list[Area]:
    """The console itself, then each of its areas."""
    folders = sorted(one for one in CONSOLE.iterdir() if (one / "__init__.py").is_file())
    own = [path for path in _sources(CONSOLE) if not any(path.is_relative_to(one) for one in folders)]
    return [Area(CONSOLE, tuple(own)), *(Area(one, tuple(_sources(one))) for one in folders)]


def _sources(folder: Path) -> list[Path]:
    return sorted(path for kind in ("*.py", "*.html", "*.txt") for path in folder.rglob(kind) if _said(path))


def _said(path: Path) -> bool:
    return path.suffix == ".py" or "templates" in path.parts


def sentences(path: Path) -> Iterator[Key]:
    """What a template or a module says to people."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        yield from _of_module(ast.parse(text, str(path)))
        return
    for name, written in IN_TEMPLATE.findall(templatize(text)):
        found = ast.literal_eval(f"({written},)")
        yield (found[0], found[1] if name == "ngettext" else "")


def _of_module(tree: ast.AST) -> Iterator[Key]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [
            one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if node.func.id in SINGLE and texts:
            yield (texts[0], "")
        elif node.func.id in PLURAL and len(texts) > 1:
            yield (texts[0], texts[1])


def read(po: Path) -> dict[Key, tuple[str, ...]]:
    """Each sentence of a catalogue with its English, the plural after the singular; no file is no sentence."""
    found: dict[Key, tuple[str, ...]] = {}
    if not po.exists():
        return found
    for block in re.split(r"\n\s*\n", po.read_text("utf-8")):
        lines = "\n".join(line for line in block.splitlines() if not line.startswith("#"))
        parts = {name: _unquoted(text) for name, text in ENTRY.findall(lines)}
        if "msgid" in parts:
            english = [text for name, text in parts.items() if name.startswith("msgstr")]
            found[parts["msgid"], parts.get("msgid_plural", "")] = tuple(english)
    return found


def _unquoted(text: str) -> str:
    return "".join(ast.literal_eval(one) for one in re.findall(r'"(?:\\.|[^"\\])*"', text))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def written(entries: dict[Key, tuple[str, ...]]) -> str:
    """The catalogue as a file, in the order given."""
    header = "".join(_quoted(line) + "\n" for line in HEADER.splitlines(keepends=True))
    blocks = [
        f'# English texts: the sentences of the code are French. See docs/console.md.\nmsgid ""\nmsgstr ""\n{header}'
    ]
    for (sentence, plural), english in entries.items():
        flag = "#, python-format\n" if "%(" in sentence or "%s" in sentence else ""
        lines = f"{flag}msgid {_quoted(sentence)}\n"
        if plural:
            lines += f"msgid_plural {_quoted(plural)}\n"
            lines += "".join(f"msgstr[{rank}] {_quoted(one)}\n" for rank, one in enumerate(english))
        else:
            lines += f"msgstr {_quoted(english[0])}\n"
        blocks.append(lines)
    return "\n".join(blocks)


def compiled(entries: dict[Key, tuple[str, ...]]) -> bytes:
    """The catalogue as gettext reads it (its manual, « The Format of GNU MO Files »): sorted, without hash table."""
    pairs = {b"": HEADER.encode()}
    for (sentence, plural), english in entries.items():
        if all(english):
            said = f"{sentence}\0{plural}" if plural else sentence
            pairs[said.encode()] = "\0".join(english).encode()
    count, ids, texts = len(pairs), b"", b""
    index: list[tuple[int, int, int, int]] = []
    for key, text in sorted(pairs.items()):
        index.append((len(key), len(ids), len(text), len(texts)))
        ids += key + b"\0"
        texts += text + b"\0"
    start = 28 + 16 * count
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, start)
    originals = b"".join(struct.pack("<2I", size, start + at) for size, at, _, _ in index)
    others = b"".join(struct.pack("<2I", size, start + len(ids) + at) for _, _, size, at in index)
    return head + originals + others + ids + texts


def faults(only: str = "") -> Iterator[str]:
    """What is missing, empty, not said any more, or not compiled in one area, or in all; what areas say differently."""
    every = {area.folder: read(area.po) for area in areas()}
    yield from torn(every)
    for area in areas():
        if only not in ("", area.folder.name):
            continue
        own, said = every[area.folder], set()
        for path in area.files:
            for key in sentences(path):
                said.add(key)
                if key not in own and key not in every[CONSOLE]:
                    yield f"{path.relative_to(ROOT)}: no English for « {key[0]} »"
        for key, english in own.items():
            yield from _wrong(area, key, english, said)
        if own and (not area.mo.exists() or area.mo.read_bytes() != compiled(own)):
            yield f"{area.mo.relative_to(ROOT)}: not compiled from its catalogue"


def torn(every: dict[Path, dict[Key, tuple[str, ...]]]) -> Iterator[str]:
    """One French with several English: Django reads all catalogues as one, and the last of them wins everywhere."""
    known: dict[str, tuple[Path, str]] = {}
    for folder, entries in every.items():
        for (sentence, _), english in entries.items():
            first, said = known.setdefault(sentence, (folder, english[0] if english else ""))
            if sentence and english and english[0] != said:
                yield f"{folder.name}: « {sentence} » is “{english[0]}”, and “{said}” in {first.name}"


def _wrong(area: Area, key: Key, english: tuple[str, ...], said: set[Key]) -> Iterator[str]:
    name = area.po.relative_to(ROOT)
    if key == ("", ""):
        return
    if not english or not all(english):
        yield f"{name}: nothing against « {key[0]} »"
    elif any(set(PLACE.findall(one)) != set(PLACE.findall(key[1] or key[0])) for one in english[-1:]):
        yield f"{name}: other values in the English of « {key[0]} »"
    if key not in said and area.folder != CONSOLE:
        yield f"{name}: nobody says « {key[0]} » any more"


def write(only: str = "") -> None:
    """Bring the catalogues, or that of one area, up to what the code says, and compile them."""
    shared = read(CONSOLE / CATALOGUE)
    for area in areas():
        if only not in ("", area.folder.name):
            continue
        known = read(area.po)
        wanted = {key: key for path in area.files for key in sentences(path)}
        entries = {
            key: known.get(key, ("", "") if key[1] else ("",))
            for key in wanted
            if key in known or area.folder == CONSOLE or key not in shared
        }
        if not entries:
            continue
        area.po.parent.mkdir(parents=True, exist_ok=True)
        area.po.write_text(written(entries), "utf-8")
        area.mo.write_bytes(compiled(entries))


def main(verb: str = "check", area: str = "") -> int:
    """Check or write; 1 when something is wrong."""
    settings.configure()
    if verb == "write":
        write(area)
    found = list(faults(area))
    print("\n".join(found) or "Translations: complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
