"""An SMTP server that keeps nothing: it prints each mail it takes as a line of JSON, and ends with its standard input.

usage: sink.py CERTIFICATE KEY
Offers on free ports, printed first: `plain` (no protection, sign-in required), `open` (nothing required), `starttls` (sign-in required), `tls`
(TLS from the first byte), `other` (as starttls, on 127.0.0.2, for which the certificate is not good), `late` (takes connections, says nothing).
"""
import asyncio
import json
import logging
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self):
        self.seen = set()

    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("stranger@"):
            return "553 5.7.1 sender address not owned by user"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user here"
        if address.startswith("later") and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        encrypted = server.transport.get_extra_info("ssl_object") is not None
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": encrypted,
            "signed_in": bool(session.authenticated),
            "content": envelope.content.decode("ascii"),
        }
        if "virus" in mail["content"]:
            return "554 5.7.1 content rejected"
        print(json.dumps(mail), flush=True)
        return "250 2.0.0 queued"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"vigie" and data.password == b"s3cret!", handled=False)


# it reasons about how safe its settings are, which is what the tests vary
logging.disable()


async def main(certificate, key):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    handler, loop, ports = Handler(), asyncio.get_running_loop(), {}
    sign_in = {"authenticator": authenticate, "auth_required": True}
    protected = {"tls_context": context, "require_starttls": True, **sign_in}
    for name, host, options, implicit in (
        ("plain", "127.0.0.1", {"auth_require_tls": False, **sign_in}, None),
        ("open", "127.0.0.1", {}, None),
        ("starttls", "127.0.0.1", protected, None),
        ("other", "127.0.0.2", protected, None),
        ("tls", "127.0.0.1", {"auth_require_tls": False, **sign_in}, context),
    ):
        make = lambda options=options: SMTP(handler, loop=loop, hostname="sink.example.net", **options)
        server = await loop.create_server(make, host, 0, ssl=implicit)
        ports[name] = server.sockets[0].getsockname()[1]
    silent = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
    ports["late"] = silent.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main(*sys.argv[1:]))
