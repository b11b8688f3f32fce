#!/usr/bin/env python3
# needs: apt postfix
# timeout: 180
"""A real Postfix takes mail by SMTP and hands it over: by LMTP, and to a program through a pipe.

It has a configuration, a queue and ports of its own; the Postfix of the system is left alone. Postfix is
started by root and gives mail to programs of other users only, so that rolodav runs as another one.
"""

import encodings.idna  # noqa: F401  the other user may not be let to where Python is
import json
import os
import pathlib
import pwd
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time

ROOT = os.geteuid() == 0
AS_ROOT = [] if ROOT else ["sudo", "-n"]
# Below /var/tmp, because the users of Postfix have to get there.
BASE = pathlib.Path(tempfile.mkdtemp(prefix="rolodav-postfix-", dir="/var/tmp"))
BASE.chmod(0o755)
HOME = BASE / "rolodav"
HOME.mkdir()
SOURCE = os.environ.get("ROLODAV_BIN") or str(pathlib.Path(__file__).resolve().parents[2] / "target/release/rolodav")
shutil.copy(SOURCE, BASE / "program")
os.environ["ROLODAV_BIN"] = str(BASE / "program")
tempfile.tempdir = str(HOME)

from cards import card  # noqa: E402
from dav import Client  # noqa: E402
from rolodav import Server, free_port  # noqa: E402
from steps import Steps, equal, holds  # noqa: E402

OWN_USER = "nobody" if ROOT else pwd.getpwuid(os.getuid()).pw_name
SMTP, LMTP = free_port(), free_port()

MAIN = """
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/postfix-data
maillog_file = {base}/postfix.log
maillog_file_prefixes = {base}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
alias_maps =
local_recipient_maps =
mynetworks = 127.0.0.0/8
relay_domains = crm.example.org, pipe.example.org
transport_maps = inline:{{ {{ crm.example.org = lmtp:inet:127.0.0.1:{lmtp} }}, {{ pipe.example.org = capture: }} }}
smtpd_recipient_restrictions = reject_unverified_recipient, permit_mynetworks, reject
unverified_recipient_reject_code = 550
address_verify_poll_count = 10
address_verify_poll_delay = 1s
minimal_backoff_time = 1s
transport_retry_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
capture_destination_recipient_limit = 1
"""

MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
capture unix - n n - - pipe
  flags=R user={user} argv={base}/program capture mail --to ${{original_recipient}} --from ${{sender}} --data {data}
"""


class Postfix:
    """One Postfix of our own."""

    def __init__(self, data):
        self.config = BASE / "etc"
        self.config.mkdir()
        given = {"base": BASE, "smtp": SMTP, "lmtp": LMTP, "user": OWN_USER, "data": data}
        (self.config / "main.cf").write_text(MAIN.format(**given))
        (self.config / "master.cf").write_text(MASTER.format(**given))
        (BASE / "queue").mkdir()
        (BASE / "postfix-data").mkdir()
        subprocess.run([*AS_ROOT, "chown", "root", str(self.config / "main.cf"), str(self.config / "master.cf"), str(BASE / "queue")], check=True)
        subprocess.run([*AS_ROOT, "chown", "postfix", str(BASE / "postfix-data")], check=True)

    def __enter__(self):
        self._do("start")
        return self

    def __exit__(self, kind, value, trace):
        self._do("stop", may_fail=True)

    def _do(self, word, may_fail=False):
        done = subprocess.run([*AS_ROOT, "/usr/sbin/postfix", "-c", str(self.config), word], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0 and not may_fail:
            raise AssertionError(f"postfix {word} gave {done.returncode}: {done.stdout}{done.stderr}{log()}")


def log():
    path = BASE / "postfix.log"
    return path.read_text(errors="replace")[-3000:] if path.exists() else ""


def mail(number, sender, subject, to="alice@example.org"):
    return (f"Message-ID: <{number}@example.net>\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\nFrom: {sender}\r\nTo: {to}\r\n"
            f"Subject: {subject}\r\n\r\nNothing of this is kept.\r\n.\r\nA dot stood alone.\r\n")


def send(address, message, sender="bert@example.net"):
    with smtplib.SMTP("127.0.0.1", SMTP, timeout=60) as client:
        client.sendmail(sender, [address], message)


def within(seconds, tell):
    """Waits until `tell()` has something to tell."""
    deadline = time.monotonic() + seconds
    while True:
        found = tell()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} seconds; Postfix says: {log()[-1500:]}")
        time.sleep(0.2)


def scenario(server):
    steps = Steps()
    with server:
        client = Client(server.url, "alice", "secret")
        equal(client.put(server.book("alice") + "bert.vcf", card("bert", "Bert", "Bär", "EMAIL:bert@example.net")).status, 201)
        made = json.loads(server.command("capture", "address", "alice", "--json").stdout)["address"]
        by_lmtp, by_pipe = (made.split("@")[0] + "@" + domain for domain in ("crm.example.org", "pipe.example.org"))
        timeline = "/dav/calendars/alice/interactions/"

        def told(subject):
            """What the calendar of interactions, which comes with the first of them, says of it."""
            client.propfind("/dav/calendars/alice/", "{DAV:}displayname", depth="1")
            reply = client.propfind(timeline, "{DAV:}getetag", depth="1")
            listing = reply.multistatus() if reply.status == 207 else []
            bodies = [client.get(each.href).text for each in listing if each.href != timeline]
            return [body for body in bodies if subject in body]

        with steps("mail to the secret address stands in the timeline, handed over by LMTP"):
            send(by_lmtp, mail(1, "Bert <bert@example.net>", "Offer by LMTP"))
            found = within(30, lambda: told("Offer by LMTP"))
            equal(len(found), 1)
            holds("Nothing of this is kept" not in found[0], "the body is kept")
        with steps("the same through a program and a pipe"):
            send(by_pipe, mail(2, "Bert <bert@example.net>", "Offer by pipe"))
            equal(len(within(30, lambda: told("Offer by pipe"))), 1)
        with steps("the same mail again, by the other way, is not logged twice"):
            send(by_pipe, mail(1, "Bert <bert@example.net>", "Offer by LMTP"))
            send(by_lmtp, mail(3, "bert@example.net", "Another one"))
            within(30, lambda: told("Another one"))
            equal(len(told("Offer by LMTP")), 1)
        with steps("nobody has the address: Postfix is told so, and tells the sender before it takes the mail"):
            try:
                send("alice+nothing@crm.example.org", mail(4, "bert@example.net", "Nobody"))
                raise AssertionError("it was taken")
            except smtplib.SMTPRecipientsRefused as refused:
                equal(list(refused.recipients.values())[0][0], 550)
        with steps("who is on no card waits, and is logged when they are assigned"):
            send(by_lmtp, mail(5, "Dora <dora@example.net>", "Who I am"))
            rows = within(30, lambda: json.loads(server.command("capture", "senders", "alice", "--json").stdout))
            equal([(row["mail"], row["name"], row["mails"]) for row in rows], [("dora@example.net", "Dora", 1)])
            equal(client.put(server.book("alice") + "dora.vcf", card("dora", "Dora", "D")).status, 201)
            server.command("capture", "assign", "alice", "dora@example.net", "contacts/dora")
            equal(len(within(10, lambda: told("Who I am"))), 1)
        with steps("while the server is away a program takes mail itself, and what goes by LMTP waits with Postfix"):
            server.stop()
            send(by_lmtp, mail(6, "bert@example.net", "Meanwhile by LMTP"))
            send(by_pipe, mail(7, "bert@example.net", "Meanwhile by pipe"))
            within(20, lambda: "delivered via capture service" in log())
            server.start()
            equal(len(within(60, lambda: told("Meanwhile by LMTP"))), 1)
            equal(len(within(20, lambda: told("Meanwhile by pipe"))), 1)
    steps.finish()


def as_other_user(user, server):
    """Runs the steps in this process, which is not root any more; its exit status."""
    if ROOT:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    os.environ["HOME"] = str(HOME)
    try:
        scenario(server)
        return 0
    except BaseException as failure:  # also SystemExit, by which failed steps are told
        print(log())
        print(failure)
        return 1
    finally:
        sys.stdout.flush()


def main():
    server = Server(environment={"ROLODAV__LMTP__LISTEN": f"127.0.0.1:{LMTP}"})
    user = pwd.getpwnam(OWN_USER)
    if ROOT:
        subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", str(HOME)], check=True)
    try:
        with Postfix(server.data):
            child = os.fork()
            if child == 0:
                os._exit(as_other_user(user, server))
            _, status = os.waitpid(child, 0)
        failed = status != 0
    finally:
        subprocess.run([*AS_ROOT, "rm", "-rf", str(BASE)], check=False)
    # What failed was said by the process that ran the steps, in its last line.
    os._exit(1 if failed else 0)


main()
