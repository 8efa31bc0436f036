"""A mail server that keeps what it is sent, a line of JSON a mail: smtp_sink.py ADDRESS PORT FILE."""

import email
import email.policy
import json
import signal
import sys

from aiosmtpd.controller import Controller


class Sink:
    """Writes each mail to the file as soon as it was taken."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8", buffering=1)

    async def handle_DATA(self, _server, _session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = mail.get_body(("plain", "html"))
        line = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": mail["subject"],
                "body": body.get_content() if body else ""}
        self.file.write(json.dumps(line) + "\n")
        return "250 2.0.0 kept"


def main():
    address, port, path = sys.argv[1:]
    controller = Controller(Sink(path), hostname=address, port=int(port))
    controller.start()
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


main()
