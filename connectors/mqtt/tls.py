"""TLS to the broker: whom we believe, and how we show who we are."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from core.errors import BrokerUnreachable


class _Tidy(ssl.SSLSocket):
    """A connection that is closed when the handshake fails, which paho leaves to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the base class's own
        """Shake hands; raises OSError."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """PEM files; read again at each connection, so that renewed certificates are taken up."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Make a context that demands a certificate for the host's name; raises BrokerUnreachable."""
        # By hand, since the default context also believes the system's CAs, and may write keys to a file.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.sslsocket_class = _Tidy
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            self._fill(context)
        except (OSError, ValueError) as error:
            what = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
            raise BrokerUnreachable(
                f"the files for TLS to the broker are not usable ({what}): mqtt.ca_file, mqtt."
                "client_certificate_file and mqtt.client_key_file must be PEM, the key without a passphrase "
                "and that of the certificate"
            ) from error
        return context

    def _fill(self, context: ssl.SSLContext) -> None:
        context.load_verify_locations(cafile=self.ca)
        if self.certificate is not None:
            # An empty passphrase fails on an encrypted key; with none OpenSSL would ask at the terminal.
            context.load_cert_chain(self.certificate, self.key, password="")
