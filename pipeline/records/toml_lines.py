"""On which line of a TOML document each key stands; the standard parser keeps no positions."""

import re

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^\s,\]\}#\"'\[\{=]+(?: [0-9:.]+(?:Z|[+-][0-9:]+)?)?")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Lines, from 1, of every key and table header of a *valid* TOML document.

    Members of arrays of tables count from 0. Keys of inline tables within an array are not listed: who asks takes the
    line of what holds them.
    """
    walk = _Walk(text)
    walk.document()
    return walk.lines


class _Walk:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.members: dict[KeyPath, int] = {}
        self.line = 1
        self.counted = 0

    def document(self) -> None:
        table: KeyPath = ()
        while self._blank():
            if self.text.startswith("[[", self.at):
                self.at += 2
                path = self._within_arrays(self._key())
                self.members[path] = self.members.get(path, -1) + 1
                self._note(path)
                table = (*path, self.members[path])
                self._note(table)
                self.at += 2
            elif self.text[self.at] == "[":
                self.at += 1
                table = self._within_arrays(self._key())
                self._note(table)
                self.at += 1
            else:
                self._pair(table)

    def _pair(self, table: KeyPath) -> None:
        key = self._key()
        for depth in range(1, len(key) + 1):
            self._note((*table, *key[:depth]))
        self.at += 1  # the equals sign
        self._blank()
        self._value((*table, *key))

    def _value(self, path: KeyPath | None) -> None:
        """Pass over a value; `path` is None within arrays."""
        first = self.text[self.at : self.at + 1]
        if first == "[":
            self.at += 1
            while self._blank() and self.text[self.at] != "]":
                self._value(None)
                self._comma()
            self.at += 1
        elif first == "{":
            self.at += 1
            while self._blank() and self.text[self.at] != "}":
                if path is None:
                    self._key()
                    self.at += 1
                    self._blank()
                    self._value(None)
                else:
                    self._pair(path)
                self._comma()
            self.at += 1
        else:
            found = _STRING.match(self.text, self.at) or _PLAIN.match(self.text, self.at)
            self.at = found.end() if found else len(self.text)

    def _comma(self) -> None:
        if self._blank() and self.text[self.at] == ",":
            self.at += 1

    def _key(self) -> KeyPath:
        parts: list[str] = []
        while True:
            self._space()
            found = _BARE.match(self.text, self.at) or _STRING.match(self.text, self.at)
            if found is None:
                self.at = len(self.text)
                return tuple(parts)
            parts.append(found.group().strip("\"'"))
            self.at = found.end()
            self._space()
            if self.text[self.at : self.at + 1] != ".":
                return tuple(parts)
            self.at += 1

    def _within_arrays(self, key: KeyPath) -> KeyPath:
        """The path of a header: tables under an array of tables belong to its latest member."""
        path: KeyPath = ()
        for depth, part in enumerate(key):
            path = (*path, part)
            if depth < len(key) - 1 and path in self.members:
                path = (*path, self.members[path])
        return path

    def _note(self, path: KeyPath) -> None:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        self.lines.setdefault(path, self.line)

    def _blank(self) -> bool:
        """Pass over space, line ends and comments; whether something follows."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at < len(self.text)

    def _space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
