"""XML signatures on CAP messages (W3C XML Signature, enveloped; ECDSA P-256 with SHA-256, exclusive C14N).

CAP 1.2 §3.3.4.1 allows the signature as the last element of ``alert``; its schema lets it pass.  A receiver trusts
certificates that it was given beforehand, not one that comes with the message: so a drill's message, signed by the
drill's own key, cannot be verified by who holds the actual certificate only.
"""

from __future__ import annotations

from lxml import etree
from signxml import (
    CanonicalizationMethod,
    DigestAlgorithm,
    InvalidInput,
    InvalidSignature,
    SignatureConfiguration,
    SignatureMethod,
    XMLSigner,
    XMLVerifier,
    methods,
)

from marsad.adapters.keys import Identity

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=False)


class NotTrustedError(Exception):
    """The message is not signed, not by whom it should be, or was changed."""


def sign(xml: bytes, identity: Identity) -> bytes:
    """Give the message with its signature as last element.  Signs with an expired certificate too."""
    root = etree.fromstring(xml, _PARSER)
    signer = XMLSigner(
        method=methods.enveloped,
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed = signer.sign(root, key=identity.cap_key, cert=[identity.cap_certificate_pem.decode()])
    content: bytes = etree.tostring(signed, xml_declaration=True, encoding="UTF-8")
    return content


def verify(xml: bytes, certificate_pem: bytes) -> bytes:
    """Give the signed content of a message if it was signed with the key of the trusted certificate.

    Raises
    ------
    NotTrustedError
        It was not.
    """
    expected = SignatureConfiguration(
        require_x509=True,
        signature_methods=frozenset({SignatureMethod.ECDSA_SHA256}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        expect_references=1,
    )
    try:
        root = etree.fromstring(xml, _PARSER)
        found = XMLVerifier().verify(root, x509_cert=certificate_pem.decode(), expect_config=expected)
    except (InvalidSignature, InvalidInput, etree.XMLSyntaxError, ValueError) as error:
        raise NotTrustedError(f"the message is not signed by the expected sender ({error})") from error
    result = found[0] if isinstance(found, list) else found
    if result.signed_xml is None:
        raise NotTrustedError("the signature covers no XML")
    content: bytes = etree.tostring(result.signed_xml)
    return content
