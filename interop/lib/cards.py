"""Cards for scenarios, and ways to compare what came back with what was sent."""

import uuid

LATIN = ["Ada", "Bjørn", "Chloé", "Dvořák", "Eötvös", "Fernão", "Gül", "Håkon", "İpek", "José"]
NAMES = ["Ångström", "Brontë", "Černý", "Ðorđević", "Étienne", "Łukasz", "Müller", "Núñez", "Østergård", "Žižek"]


def card(uid, given="Ada", family="Lövelace", *lines, version="3.0"):
    """A card with CRLF line ends; `lines` go in before END."""
    body = ["BEGIN:VCARD", f"VERSION:{version}", f"UID:{uid}", f"FN:{given} {family}",
            f"N:{family};{given};;;", *lines, "END:VCARD", ""]
    return "\r\n".join(body)


def many(count, prefix="card"):
    """`count` different cards as {uid: text}: groups, own properties, long and folded lines."""
    out = {}
    for number in range(count):
        uid = f"{prefix}-{number:04d}-{uuid.uuid5(uuid.NAMESPACE_OID, f'{prefix}{number}').hex[:8]}"
        lines = [f"EMAIL;TYPE=INTERNET,WORK:{prefix}{number}@example.org",
                 f"TEL;TYPE=CELL:+44 20 7946 {number:04d}"]
        if number % 3 == 0:
            lines += [f"item1.URL:https://example.org/{number}", "item1.X-ABLABEL:_$!<HomePage>!$_"]
        if number % 5 == 0:
            lines += [f"X-INTEROP-KEEP;X-ROLE=\"a;b\":value {number}\\, kept",
                      "NOTE:" + "Zeile eins\\nline two\\, and so on " * 3]
        if number % 7 == 0:
            lines += ["CATEGORIES:friends,chess", "ORG:Example\\; Sons;Research"]
        out[uid] = card(uid, LATIN[number % 10], f"{NAMES[number // 10 % 10]} {number}", *fold(lines))
    return out


def fold(lines):
    """The lines folded at 75 octets, never inside a character."""
    out = []
    for line in lines:
        part, size = "", 0
        for character in line:
            width = len(character.encode("utf-8"))
            if size + width > 75:
                out.append(part)
                part, size = " ", 1
            part, size = part + character, size + width
        out.append(part)
    return out


def lines_of(text):
    """The unfolded lines of a card, in order; line ends and folding make no difference."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return [line for line in text.replace("\n ", "").replace("\n\t", "").split("\n") if line]


def same(one, other):
    """Whether two cards hold the same lines in any order (some clients sort them)."""
    return sorted(lines_of(one)) == sorted(lines_of(other))


def value(text, name):
    """The value of the first line with this name, whatever its group and parameters."""
    found = values(text, name)
    return found[0] if found else None


def values(text, name):
    """The values of all lines with this name."""
    out = []
    for line in lines_of(text):
        head, _, rest = line.partition(":")
        if head.split(";")[0].rsplit(".", 1)[-1].upper() == name.upper():
            out.append(rest)
    return out
