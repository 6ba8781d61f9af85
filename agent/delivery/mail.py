"""The e-mail channel: one mail to all its addresses, over an encrypted connection."""

from __future__ import annotations

import hashlib
import logging
import smtplib
import ssl
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from agent.delivery.files import File
from agent.delivery.message import Message
from agent.delivery.options import EmailOptions
from db.errors import DeliveryError, DeliveryRefused

SECONDS = 30.0
log = logging.getLogger("shopops.delivery")
PORTS = {"starttls": 587, "ssl": 465, "none": 25}


def send(options: EmailOptions, message: Message, files: tuple[File, ...], key: str) -> None:
    """Send the mail.

    Raises:
        DeliveryError: the server cannot be reached in time, or asks for a later try (4xx).
        DeliveryRefused: it refuses login, sender, every address or the mail (5xx), or an address cannot be one.
    """
    mail = written(options, message, files, key)
    try:
        with _connected(options) as server:
            if options.user is not None and options.password is not None:
                server.login(options.user, options.password.get_secret_value())
            refused = server.send_message(mail)
        if refused:  # a second try would reach the others twice
            log.warning("a mail did not reach %d of its %d addresses", len(refused), len(options.to))
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise _by_code(max(codes) if all(code >= 500 for code in codes) else 450, "the addresses") from None
    except smtplib.SMTPResponseException as error:
        what = "the login" if isinstance(error, smtplib.SMTPAuthenticationError) else "the mail"
        raise _by_code(error.smtp_code, what) from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryRefused(
            "The mail server cannot do what the channel asks (encryption, login or Unicode addresses).",
            "Set security to ssl, or ask the server's administrator.",
        ) from None
    except ssl.SSLCertVerificationError:
        raise DeliveryRefused(
            "The mail server's certificate cannot be trusted.", "Correct host, or set ca to the certificate's issuer."
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(f"The mail server cannot be reached ({type(error).__name__}).") from None


def written(options: EmailOptions, message: Message, files: tuple[File, ...], key: str) -> EmailMessage:
    """The mail itself. Its Message-ID is made from the key, so that a second try is known for the same mail."""
    mail = EmailMessage(policy=SMTP)
    sender = _address(options.sender)
    mark = hashlib.sha256(key.encode()).hexdigest()[:32]
    mail["Message-ID"] = f"<shopops.{mark}@{sender.domain}>"
    mail["Subject"] = " ".join(message.title.split())
    mail["From"], mail["To"] = sender, tuple(_address(to) for to in options.to)
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday notice answers it
    mail.set_content(message.text.replace("**", ""))
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    for file in files:
        kind, _, subtype = file.media_type.partition("/")
        mail.add_attachment(file.content, maintype=kind, subtype=subtype or "octet-stream", filename=file.name)
    return mail


def _address(text: str) -> Address:
    name, found = parseaddr(text)
    try:
        if not found or any(c in text for c in "\r\n\0"):
            raise ValueError("no address")
        address = Address(name, addr_spec=found)
        if not address.domain or not address.username:
            raise ValueError("no domain")
    except (ValueError, IndexError, MessageError):  # the parser's own errors quote what they were given
        raise DeliveryRefused("An address of the e-mail channel is not one.", "Write name@example.com.") from None
    return address


def _connected(options: EmailOptions) -> smtplib.SMTP:
    port = options.port or PORTS[options.security]
    trust = ssl.create_default_context(cafile=str(options.ca) if options.ca else None)
    if options.security == "ssl":
        return smtplib.SMTP_SSL(options.host, port, timeout=SECONDS, context=trust)
    server = smtplib.SMTP(options.host, port, timeout=SECONDS)
    try:
        if options.security == "starttls":
            server.starttls(context=trust)
    except BaseException:
        server.close()
        raise
    return server


def _by_code(code: int, what: str) -> DeliveryError:
    if 400 <= code < 500:
        return DeliveryError(f"The mail server asks for a later try ({code}).")
    return DeliveryRefused(f"The mail server refused {what} ({code}).", "Correct the channel's settings.")
