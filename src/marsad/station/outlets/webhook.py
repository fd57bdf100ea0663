"""Web hooks: each message posted as JSON, with a keyed hash by which the receiver knows the sender.

A 2xx answer is a delivery.  Anything else, no answer within ``TIMEOUT_S`` or a refused connection is a failure after
one repeat; 4xx is not repeated, as the same message would be refused again.  Redirects are not followed.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import urllib.error
import urllib.request
from typing import Any

import msgspec

from marsad.adapters.channel_test import HEADLINES, ChannelTest
from marsad.adapters.keys import Kind
from marsad.station.channels import Message, Receipt

TIMEOUT_S = 2.0
REPEAT_AFTER_S = 0.3
USER_AGENT = "marsad"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Refuse to be sent elsewhere with an alarm."""
        return


class WebhookChannel:
    """Posts to one address.  ``X-Marsad-Signature`` is ``sha256=`` and HMAC-SHA-256 of the body with ``secret``."""

    kind = "webhook"

    def __init__(self, name: str, url: str, secret: bytes, identity: Kind = "actual") -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"a web hook's address begins with http:// or https://, not {url!r}")
        self.channel_id = f"webhook:{name}"
        self._url, self._secret, self._identity = url, secret, identity
        self._opener = urllib.request.build_opener(_NoRedirects)

    def deliver(self, message: Message) -> Receipt:
        """Post the decision with its zone and the CAP message."""
        return self._post(
            {
                "type": "warning",
                "kind": self._identity,
                "warning": message.warning,
                "zone": {"zone_id": message.zone.zone_id, "name": message.zone.name, "name_ar": message.zone.name_ar},
                "cap_identifier": message.cap.identifier,
                "cap": message.xml.decode(),
            }
        )

    def probe(self) -> Receipt:
        """Post a message of type "probe", which the receiver only has to answer."""
        return self._post({"type": "probe", "kind": self._identity})

    def test(self, test: ChannelTest) -> Receipt:
        """Post a message of type "test"."""
        return self._post(
            {
                "type": "test",
                "kind": self._identity,
                "test_id": test.test_id,
                "headline": HEADLINES,
                "cap_identifier": test.identifier,
                "cap": test.xml.decode(),
            }
        )

    def _post(self, body: dict[str, Any]) -> Receipt:
        content = msgspec.json.encode(body)
        signature = hmac.new(self._secret, content, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Marsad-Kind": self._identity,
            "X-Marsad-Signature": f"sha256={signature}",
        }
        said = ""
        for attempt in (1, 2):
            request = urllib.request.Request(self._url, data=content, headers=headers, method="POST")
            try:
                with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                    answer.read(1024)
                    return Receipt(delivered=True, detail=f"HTTP {answer.status}")
            except urllib.error.HTTPError as error:
                said = f"HTTP {error.code}"
                error.close()
                if error.code < 500:
                    break
            except (OSError, ValueError) as error:
                said = str(getattr(error, "reason", error)) or type(error).__name__
            if attempt == 1:
                time.sleep(REPEAT_AFTER_S)
        return Receipt(delivered=False, detail=said[:200])
