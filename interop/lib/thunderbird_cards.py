"""The cards of the Thunderbird scenario, and what is compared of a card that Thunderbird rewrote."""

import base64
import random
import re

from cards import fold
from steps import holds

# What the account starts with.
CARDS = 500


def vcard(*lines):
    """A vCard of these lines, as bytes."""
    return "\r\n".join(["BEGIN:VCARD", *fold(lines), "END:VCARD", ""]).encode()


def plain(number, note="first"):
    """An ordinary card: 3.0 and 4.0 by turns, names beyond ASCII, escapes."""
    version = "3.0" if number % 2 else "4.0"
    family = ("Müller", "Нечаева", "田中", "O'Neill", "van der Berg")[number % 5]
    return vcard(
        f"VERSION:{version}", f"UID:plain-{number:04}", f"FN:Anna-{number} {family}", f"N:{family};Anna-{number};;;",
        f"EMAIL;TYPE=work:anna{number}@example.org", f"TEL;TYPE=cell:+49 30 {number:06}",
        f"ADR;TYPE=home:;;Straße {number}\\, Hof 2;Berlin;;10115;DE", f"NOTE:{note} of {number}\\nsecond line\\, end")


def unfolded(text):
    """A card with its long lines whole."""
    return re.sub(r"\r?\n[ \t]", "", text)


def properties(text):
    """The properties of a card, in order: (group and name, parameters, value).

    Thunderbird stores a card folded and capitalized in its own way, so names and parameters
    are compared without case, parameters without quotes and order. It also escapes the comma
    of a data: URI.
    """
    found = []
    for line in unfolded(text).splitlines():
        match = re.fullmatch(r'([^:;]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)', line)
        if match:
            name, parameters, value = match.groups()
            value = value.replace(";base64\\,", ";base64,")
            pieces = re.findall(r';((?:[^";]|"[^"]*")*)', parameters)
            found.append((name.lower(), tuple(sorted(piece.lower().replace('"', "") for piece in pieces)), value))
    return found


PICTURE = b"\xff\xd8\xff\xe0" + random.Random(7).randbytes(150_000)
PICTURE_TEXT = base64.b64encode(PICTURE).decode()

RICH_4 = vcard(
    "VERSION:4.0", "UID:rich-4", "FN:Rika Vier", "N:Vier;Rika;;;", "CATEGORIES:client,lyon", "KIND:individual",
    "X-LOYALTY-NUMBER:4711-0815", 'X-BADGE;X-SHAPE=round;X-LABEL="a;b:c":gold\\, blue', "X-EMPTY:",
    "item1.EMAIL:rika@example.org", "item1.X-ABLabel:_$!<School>!$_", "item2.X-ABDATE;VALUE=date:20111111",
    "RELATED;TYPE=friend:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "X-LONG:" + "0123456789äöü" * 40, "IMPP;PREF=1:xmpp:rika@example.org", "NOTE:before")
RICH_3 = vcard(
    "VERSION:3.0", "UID:rich-3", "FN:Rolf Drei", "N:Drei;Rolf;;;", "X-PHONETIC-FIRST-NAME:ロルフ",
    "X-SOCIALPROFILE;type=twitter:https://example.org/rolf", "item1.TEL:+33 1 23 45 67 89", "item1.X-ABLabel:Lab",
    "X-ROLE-IN-CLUB;X-SINCE=2001:treasurer", "CATEGORIES:friend,club", "NOTE:before")
PHOTO_3 = vcard("VERSION:3.0", "UID:photo-3", "FN:Paul Bild", "N:Bild;Paul;;;",
                f"PHOTO;ENCODING=b;TYPE=JPEG:{PICTURE_TEXT}", "NOTE:before")
PHOTO_4 = vcard("VERSION:4.0", "UID:photo-4", "FN:Pia Bild", "N:Bild;Pia;;;",
                f"PHOTO:data:image/jpeg;base64,{PICTURE_TEXT}", "NOTE:before")
# A name that is not the UID, and characters that clients encode each in its own way.
ODD = {
    "another-name.vcf": "urn:uuid:0b8b9d5c-5b6e-4a53-9f0c-1d3b7a0e0001",
    "with%20blank.vcf": "odd-blank",
    "m%C3%BCller.vcf": "odd-umlaut",
    "at%40home.vcf": "odd-at",
}

# Cards as real programs write them, and the name that must show.
FLAWED = {
    "no-uid": (vcard("VERSION:3.0", "FN:Ulla Ohne", "N:Ohne;Ulla;;;"), "Ulla Ohne"),
    "bare-newlines": (vcard("VERSION:3.0", "UID:bare-newlines", "FN:Lena Feed", "N:Feed;Lena;;;").replace(b"\r\n", b"\n"),
                      "Lena Feed"),
    "version-2.1": (vcard("VERSION:2.1", "UID:version-2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg",
                          "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg M=C3=BCller", "TEL;CELL:+49301"),
                    "Jörg Müller"),
    "byte-order-mark": (b"\xef\xbb\xbf" + vcard("VERSION:3.0", "UID:byte-order-mark", "FN:Bo Mark", "N:Mark;Bo;;;"), "Bo Mark"),
}


def seeds():
    """The 500 cards of the server, by name. The group names nobody who is there: its members would get its
    name as a category, and what is compared here is that cards come as they were sent."""
    cards = {"rich-4.vcf": RICH_4, "rich-3.vcf": RICH_3, "photo-3.vcf": PHOTO_3, "photo-4.vcf": PHOTO_4,
             "group.vcf": vcard("VERSION:4.0", "UID:group", "KIND:group", "FN:All of them", "MEMBER:urn:uuid:somebody-else")}
    for name, uid in ODD.items():
        cards[name] = vcard("VERSION:3.0", f"UID:{uid}", f"FN:Odd {uid}", f"N:{uid};Odd;;;", "NOTE:before")
    for number in range(CARDS - len(cards)):
        cards[f"plain-{number:04}.vcf"] = plain(number)
    return cards


def new_contact(name, *lines):
    """What the form "New contact" makes: a 4.0 card without UID."""
    return vcard("VERSION:4.0", f"FN:{name}", f"N:{name.split()[-1]};{name.split()[0]};;;", *lines).decode()


def holds_lines(text, original, but=()):
    """Fails unless every line of `original`, the named properties apart, is in `text`."""
    kept = properties(text)
    lost = [line for line in properties(original.decode()) if line not in kept and line[0] not in but]
    holds(not lost, f"lost or changed: {lost}")
