"""The e-mail channel over real SMTP on 127.0.0.1."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agent.delivery import mail
from agent.delivery.message import Message
from agent.delivery.options import EmailOptions
from db.errors import DeliveryError, DeliveryRefused
from tests.sending import BRIEF, SECRET, send, with_file


class Box:
    """Keeps the mails; refuses an address that begins with ``no``, and asks for later of one with ``later``."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("no"):
            return "550 no such user"
        if address.startswith("later"):
            return "451 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((list(envelope.rcpt_tos), parsed))
        return "250 OK"


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1 that only its own file vouches for, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.pem").write_bytes(pem)
    (folder / "both.pem").write_bytes(pem + secret)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "both.pem")
    return folder / "ca.pem", context


@pytest.fixture
def box() -> Box:
    return Box()


def served(box: Box, **options: Any) -> Controller:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Controller(box, hostname="127.0.0.1", port=free.getsockname()[1], **options)


def mailed(controller: Controller, **more: Any) -> dict[str, Any]:
    plain = {"security": "none"} if "security" not in more else {}
    whom = {"sender": "店铺 <shop@example.com>", "to": ["Ann <ann@example.com>", "bo@example.com"]}
    return {"kind": "email", "host": "127.0.0.1", "port": controller.port, **whom, **plain, **more}


@contextmanager
def running(controller: Controller) -> Iterator[Controller]:
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()


def test_a_mail_has_text_page_files_and_one_id_for_every_try(tmp_path: Path, box: Box) -> None:
    with running(served(box)) as server:
        for key in ("brief:1", "brief:1", "brief:2"):
            send(tmp_path, mailed(server), with_file(tmp_path), key)
    to, first = box.mails[0]
    assert to == ["ann@example.com", "bo@example.com"]
    assert first["Subject"] == "周报 <!channel> & more"
    assert str(first["From"]) == "店铺 <shop@example.com>"
    body, page, file = first.get_body(("plain",)), first.get_body(("html",)), next(first.iter_attachments())
    assert body is not None
    assert page is not None
    assert body.get_content().startswith("Revenue rose 3 %.")
    assert page.get_content().strip() == "<p>hi</p>"
    assert (file.get_filename(), file.get_content()) == ("brief.pdf", b"%PDF-1.7 ...")
    ids = [str(one["Message-ID"]) for _, one in box.mails]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@example.com>")


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_mail_goes_encrypted_and_signed_in(
    tmp_path: Path, box: Box, trust: tuple[Path, ssl.SSLContext], security: str
) -> None:
    ca, context = trust

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login, data.password) == (b"shop", SECRET.encode()), handled=False)

    more: dict[str, Any] = {"authenticator": check}
    if security == "ssl":
        server = served(box, ssl_context=context, auth_require_tls=False, **more)
    else:
        server = served(box, tls_context=context, require_starttls=True, auth_required=True, **more)
    with running(server):
        login = {"security": security, "ca": str(ca), "user": "shop"}
        send(tmp_path, mailed(server, **login, password=SECRET))
        assert len(box.mails) == 1
        with pytest.raises(DeliveryRefused, match=r"refused the login \(535\)"):
            send(tmp_path, mailed(server, **login, password="wrong"))
        with pytest.raises(DeliveryRefused, match="certificate"):
            send(tmp_path, mailed(server, security=security, user="shop", password=SECRET))


def test_what_a_mail_server_refuses(tmp_path: Path, box: Box) -> None:
    with running(served(box)) as server:
        with pytest.raises(DeliveryRefused, match="addresses"):
            send(tmp_path, mailed(server, to=["no@example.com"]))
        with pytest.raises(DeliveryError) as caught:
            send(tmp_path, mailed(server, to=["no@example.com", "later@example.com"]))
        assert not isinstance(caught.value, DeliveryRefused)
        send(tmp_path, mailed(server, to=["ann@example.com", "no@example.com"]))
        assert box.mails[0][0] == ["ann@example.com"]
        with pytest.raises(DeliveryRefused, match="encryption"):
            send(tmp_path, mailed(server, security="starttls"))
        options = mailed(server)
    with pytest.raises(DeliveryError, match="cannot be reached"):
        send(tmp_path, options)


@pytest.mark.parametrize(
    "address",
    ["ann@example.com\r\nBcc: evil@example.com", "ann", "@example.com", "ann@", "a@b@c\n", "Ann <ann@x>\nTo: b@c.d"],
)
def test_no_header_comes_in_with_an_address_or_a_title(address: str) -> None:
    options = EmailOptions(kind="email", host="127.0.0.1", security="none", sender="a@b.c", to=(address,))
    with pytest.raises(DeliveryRefused, match="is not one"):
        mail.written(options, BRIEF, (), "k")
    good = options.model_copy(update={"to": ("ann@example.com",)})
    written = mail.written(good, Message("T\r\nBcc: evil@example.com", "x"), (), "k\r\nX: y")
    assert written["Subject"] == "T Bcc: evil@example.com"
    assert written["Bcc"] is None
